#!/bin/sh
# check.sh: are this host's binaries and geneses the approved and frozen ones? For hosts without
# Python. The kit contains it, with the same bytes in every kit of an aztrust version.
#   sh check.sh --binary [ROLE=]FILE ... --genesis [NAME=]FILE ... [--role ROLE ...] [--scope HEX]
#               [--anchor HEX] [--platform OS/ARCH] [--home DIR]
#
# Exit 0 only if every check below passed; 1 could not check; 2 usage; 10 a check failed;
# 11 the files match, only aztrust can judge the rest; 12 no --scope: the kit may be an old one.
# The script reads one strict form. It does not judge, and never accepts, anything else.
# POSIX sh with openssl and sha256sum (or shasum). It executes none of the files that it reads.
#
# Tests are chained on purpose, busybox's tr has no classes, and ls shows one mode:
# shellcheck disable=SC2012,SC2015,SC2018,SC2019,SC2020
set -eu
LC_ALL=C
export LC_ALL
umask 077
unset CDPATH

# When the script ends early, for instance because a tool is missing, that is not a pass.
ended='' t=''
trap '[ -z "$t" ] || rm -rf "$t" || :; [ -n "$ended" ] || { echo "DO NOT START THIS HOST"; exit 1; }' EXIT
trap 'ended=yes; exit 130' HUP INT TERM

H='[0-9a-f]{64}'                              # a digest
S='"[^"\\]*"'                                 # a string without escapes
P='[] !#-[^-z|}~]+'                           # a plain path: no quote, backslash or {
T='[a-z0-9][a-z0-9._-]{0,63}'                 # a name of the policy: a role
K='[A-Za-z0-9_-]+'                            # a bare key of TOML
N='(0|[1-9][0-9]{0,14})'                      # an integer
D="(\"sha256:$H\",?)*"                        # digests
SOME="\"sha256:$H\"(,\"sha256:$H\")*"          # one digest or more
LIBRARY='\.([sS][oO](\.[0-9]+){0,4}|[dD][yY][lL][iI][bB]|[dD][lL][lL])'   # how a library's name ends
WHEN='[1-9][0-9]{9,13}'                       # milliseconds since 1970, as a verdict has them
ORIGIN='"[!#-*,-[^-~]{1,200}"'                # the name of a ledger
B="\"blake3\":\"blake3:$H\""
FILES="(\\{$B,\"name\":\"[^\"\\\\]{1,255}\",\"sha256\":\"sha256:$H\",\"size\":$N\\},?)*"
V='[!#-+.-Z^-z|~-]{1,200}'                       # a validator: no quote, comma, backslash, [, ], { or }
SPAN='"[1-9][0-9]{0,5}[smhd]"'                # a span of time
PEOPLES='operator-preflight|operator-readiness|role-readiness|incident-path|blocker-review|advisory-review'
ABOUT="\"predicateType\":$S,\"subject\":\\[\\{\"digest\":\\{\"sha256\":$S\\},\"name\":$S\\}\\]\\}"
STATEMENT='^\{"_type":"https://in-toto\.io/Statement/v1","predicate":'
B64='(([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=|[A-Za-z0-9+/][AQgw]==)?)'
E=$(printf '\005')                            # replaces what is not structure of JSON
C=$(printf '[\200-\277]')
UTF8="$(printf '[\302-\337]')$C|$(printf '\340[\240-\277]')$C|$(printf '\355[\200-\237]')$C|$(printf '[\341-\354\356\357]')$C$C"
UTF8="$UTF8|$(printf '\360[\220-\277]')$C$C|$(printf '[\361-\363]')$C$C$C|$(printf '\364[\200-\217]')$C$C"
failed='' asks='' report='' withheld=''
NL='
' TAB=$(printf '\t')

# ---- output and small tests --------------------------------------------------------------------

# Text from a file, safe to print on a terminal.
show() { printf '%s' "$1" | tr -c '\040-\176' '?'; }

# One more line of the report.
say() { report="$report$(show "$1")$NL"; }

# Something that only aztrust can answer: never exit 0.
ask() { asks="${asks}ask      aztrust: $(show "$1")$NL"; }

# A wrong command line.
usage() {
    printf 'check.sh: %s\n' "$(show "$1")" >&2
    echo 'usage: sh check.sh --binary [ROLE=]FILE --genesis [NAME=]FILE [--role ROLE] [--scope HEX] [--anchor HEX] [--platform OS/ARCH] [--home DIR]' >&2
    ended=yes
    exit 2
}

# The check cannot be made on this host.
cannot() {
    printf 'DO NOT START THIS HOST\n%scannot   check: %s\n' "$report" "$(show "$1")"
    ended=yes
    exit 1
}

# The first word of a line. The shell reads it: each digest would start one process more.
first_word() { read -r word rest && printf '%s\n' "$word"; }

# SHA-256 of standard input, 64 hex digits.
if command -v sha256sum >/dev/null 2>&1; then
    sha256() { sha256sum | first_word; }
else
    sha256() { shasum -a 256 | first_word; }
fi

# Leaves the SHA-256 of a file in $sum.
digest() {
    sum=$(sha256 2>/dev/null <"$1") || return 1
    [ "${#sum}" -eq 64 ]
}

# Whether a path of the kit is a regular file and not a link.
regular() { [ -f "$1" ] && [ ! -h "$1" ] && [ -r "$1" ]; }

# Whether a file is one line of text without control characters, as canonical JSON is.
plain() { [ -s "$1" ] && [ "$(tr -d '\040-\176\200-\377' <"$1" | wc -c)" -eq 0 ]; }

# The bytes of a file as hex digits.
hex_of() { od -An -v -tx1 "$1" | tr -d ' \n'; }

# Whether no line of standard input occurs twice.
unique() { sort | sort -c -u 2>/dev/null; }

# Whether grep found nothing; an error of grep is a failure.
none() { if grep "$@" >/dev/null; then return 1; else [ $? -eq 1 ]; fi; }

# Whether every line of a file has this form, with a comma between each two of them.
rows() { [ -s "$1" ] && [ "$(sed '$s/$/,/' "$1" | grep -cE "^($2),\$")" -eq "$(wc -l <"$1")" ]; }

# An option that takes one value is given once: of two, no one knows which was meant.
once() { [ -z "$1" ] || usage "$option is given twice"; }

# Reads a digest as a user types it (any case, spaces, with or without "sha256:") into $hex.
typed() {
    hex=$(printf '%s' "$2" | tr -d ' \t\r\n\v\f' | tr 'A-Z' 'a-z')
    hex=${hex#sha256:}
    case $hex in *[!0-9a-f]*) usage "$1 wants 64 hex digits" ;; esac
    [ "${#hex}" -eq 64 ] || usage "$1 wants all 64 hex digits; ${#hex} were given"
}

# ---- JSON: only its canonical form is read, so that a pattern has one meaning --------------------

# Leaves in $t/bones the document of $1 with all escapes, and the braces, brackets and commas inside
# strings, replaced: the remaining ones are structure. Fails on bad UTF-8 and odd escapes.
bones() {
    plain "$1" || return 1
    sed -E -e "s/\\\\\\\\/$E/g" -e "s/\\\\[\"bfnrt]/$E/g" -e "s/\\\\u00(0[0-7be-f]|1[0-9a-f])/$E/g" \
        -e "s/$UTF8/$E/g" "$1" | tr '"' '\n' | sed -e n -e "s/[][{},;]/$E/g" | tr '\n' '"' | sed 's/"$//' >"$t/bones"
    [ "$(tr -d '\005\040-\133\135-\176' <"$t/bones" | wc -c)" -eq 0 ]
}

# Whether a file is canonical JSON (RFC 8785) without fractions, at most 32 levels deep. Folds it
# from the inside out to "0", each object's keys moved to the end: they must be in order.
canonical() {
    key='"[A-Za-z0-9_.@/:+-]+":0' levels='s/\[\]//g;s/\{\}//g;'
    levels=$levels$levels$levels$levels
    bones "$1" && [ -z "$(tr -cd '][{}' <"$t/bones" | sed -E "$levels$levels$levels$levels")" ] || return 1
    sed -E -e 's/"[^"]*"([],}])/0\1/g' -e 's/([:[,])(true|false|null|-?[1-9][0-9]{0,14})/\10/g' -e :a \
        -e 's/\[(0(,0)*)?\]/0/g' -e "s%\\{($key(,$key)*)?\\}([^;]*)%0\\3;\\1%" -e ta "$t/bones" | tr ';' '\n' >"$t/fold"
    [ "$(sed -n 1p "$t/fold")" = 0 ] && sed -e 1d -e '/^$/d' "$t/fold" | sed '=' | sed 'N;s/\n/ /' |
        sed -E -e 's/^([0-9]+ )([^,]*),/\1\2\
\1/' -e P -e D | sort -c -u -k1,1n -k2 2>/dev/null
}

# Whether the keys of the object in $t/bones that begin with these letters ($1) are only these ($2).
# The facts of a genesis have any form, so the end of theirs is found by the key after them.
only_keys() {
    sed -E -e 's/^\{(.*)\}$/\1/' -e :a -e 's/\{[^][{}]*\}|\[[^][{}]*\]/0/g' -e ta "$t/bones" | tr ',' '\n' >"$t/tops"
    grep -E "^\"$1" "$t/tops" | none -vE "^\"($2)\":"
}

# ---- the policy: TOML as aztrust's own template writes it ----------------------------------------

# Leaves one "table.key value" per line in $t/policy, the keys of holders in $t/holders, and roles
# in $t/roles.
read_policy() {
    file=$kit/manifests/launch.toml counts="\\{( *$K *= *[1-9][0-9]{0,2} *,?)+\\}"
    [ "$(sed -E "s/$UTF8//g" "$file" | tr -d '\n\t\040-\176' | wc -c)" -eq 0 ] || return 1
    tr '\t' ' ' <"$file" | sed -E -e 's/^(([^"#]|"[^"\\]*")*)#.*$/\1/' -e 's/^ +//' -e 's/ +$//' \
        -e '/^$/d' | sed -e :a -e '/= *\[/{' -e '/[]}]$/!{' -e N -e 's/\n/ /' -e ba -e '}' -e '}' >"$t/toml"
    names="\\[( *\"$T\" *,)* *\"$T\" *,? *\\]" list="\\[( *$S *,)*( *$S *)?\\]" table='' count=0
    keys="\\[( *\"sha256:$H\" *,)* *\"sha256:$H\" *,? *\\]"
    none '"TODO[ "]' "$t/toml" && grep '^\[[^[]' "$t/toml" | unique || return 1
    grep '^\[' "$t/toml" | none -vE "^(\\[(launch|packages\\.(release|genesis)|holders(\\.[a-z0-9_-]+)?|seal|approvals\\.(release|genesis)\
|separation|revocation|freeze|verdicts|ledger|readiness|limits|checks\\.(monitoring-live(\\.probe)?|$PEOPLES))\\]|\\[\\[(packages\\.release\\.artifact|linkage|ledger\\.keepers)\\]\\])\$" || return 1
    while IFS= read -r line; do
        case $line in
            '[['*) count=$((count + 1)); table=${line#??}; table=${table%??}.$count ;;
            '['*) table=${line#?}; table=${table%?} ;;
            *) printf '%s\n' "$table.$line" ;;
        esac
    done <"$t/toml" >"$t/flat"
    sed -E -e 's/^([^ =]+) *= */\1 /' \
        -e 's/^(holders\.[a-z0-9_-]+) \{ *(roles|keys) *= *(\[[^]]*\]) *, *(roles|keys) *= *(\[[^]]*\]) *\}$/\1.\2 \3\
\1.\4 \5/' "$t/flat" >"$t/policy"
    cut -d' ' -f1 "$t/policy" | unique || return 1
    none -vE "^(\\.version 1|launch\\.(name|chain_id) $S|launch\\.chain_id [1-9][0-9]*\
|launch\\.network_class \"(main|test|dev)net\"|launch\\.profile \"(solo|testnet|mainnet)\"|freeze\\.not_applicable \"[^\"\\\\]{1,200}\"|launch\\.expires [0-9]{4}-[0-9-]{5}T[0-9:]{8}Z\
|packages\\.(release|genesis)\\.(path $S|exclude $list)|packages\\.release\\.artifact\\.[0-9]+\\.(path|member) $S\
|packages\\.release\\.artifact\\.[0-9]+\\.(role \"$T\"|platform \"[a-z0-9_/]+\")\
|packages\\.genesis\\.(genesis_files $list|chain_id_at $S)|holders\\.[a-z0-9_-]+\\.(keys $keys|roles $names)\
|seal\\.(release|genesis) \"$T\"|approvals\\.(release|genesis)\\.(distinct_holders [1-9][0-9]{0,2}|roles $counts)\
|separation\\.pairs \\[( *\\[ *\"$T\" *, *\"$T\" *\\] *,?)* *\\]|revocation\\.roles $list|verdicts\\.roles $counts\
|ledger\\.(origin $ORIGIN|keeper \"sha256:$H\"|max_head_age $SPAN)|ledger\\.keepers\\.[0-9]+\\.(holder \"$T\"|keys $keys)\
|checks\\.(monitoring-live|$PEOPLES)\\.(role \"$T\"|max_age $SPAN)|checks\\.($PEOPLES)\\.not_applicable \"[^\"\\\\]{1,200}\"\
|checks\\.monitoring-live\\.probe\\.(url \"https?://[^\" \\\\]{1,1900}\"|status [1-5][0-9][0-9]|matches \"[^\"\\\\]{1,500}\"|timeout $SPAN)\
|linkage\\.[0-9]+\\.(name|left|right|as) $S\
|readiness\\.((self_built|module) $S|(registrar|notary_role|observer_role) \"$T\"|(min_power|collapse) \"[1-9][0-9]?(\\.[0-9]{0,3}[1-9])?%\"|min_notaries (0|[1-9][0-9]{0,4})\
|mandatory $names|observers_may_wait (true|false)|max_age $SPAN)|limits\\.artifact_member_bytes [1-9][0-9]*)\$" "$t/policy" || return 1
    # Who enrols operators is asked where a number says how many are enough.
    registrar=$(of readiness.registrar)
    grep '^readiness\.' "$t/policy" | none -vE '^readiness\.(self_built|module) ' || grep -E '^holders\.[^ ]*roles ' "$t/policy" | grep -qF "\"${registrar:-registrar}\"" || return 1
    none -Fx '[checks.monitoring-live.probe]' "$t/toml" || grep -q '^checks\.monitoring-live\.probe\.url ' "$t/policy" || return 1
    none -Fx '[freeze]' "$t/toml" || without_freeze || return 1
    [ "$(of launch.profile),$(of launch.network_class)" != solo,mainnet ] || return 1
    sed -E -n 's/^holders\.([^.]+)\.keys (.*)/\1 \2/p' "$t/policy" | while read -r holder list; do
        printf '%s\n' "$list" | tr ',' '\n' | sed -E -n "s/.*\"sha256:($H)\".*/\\1 $holder/p"
    done >"$t/holders"
    sed -E -n 's/^holders\.([^.]+)\.roles (.*)/\1 \2/p' "$t/policy" | while read -r holder list; do
        printf '%s\n' "$list" | tr ',' '\n' | sed -E -n "s/.*\"($T)\".*/$holder \\1/p"
    done >"$t/roles"
    cut -d' ' -f1 "$t/holders" | unique || return 1
    keepers_of_the_policy || return 1
    # The private halves of the rehearsal's keys are public, so no real launch accepts them.
    [ "$(of launch.network_class)" = devnet ] || none -E "sha256:(8080c03bf546beba|edc4bbd5a84da48f|1052\
bce810f52e59|8c1cc47526718eae|f14aec8694331cda|15c4f1bdab8b59fa|883d41ae63172dc9)" "$t/policy" || return 1
}

# Leaves "key holder" of each keeper of the ledger in $t/keepers, the first one's first key first, and
# the first key of each, whose heads can count, in $t/heads.
keepers_of_the_policy() {
    sed -E -n 's/^ledger\.keepers\.([0-9]+)\.keys (.*)/\1 \2/p' "$t/policy" | while read -r number list; do
        holder=$(of "ledger\\.keepers\\.$number\\.holder")
        printf '%s\n' "$list" | tr ',' '\n' | sed -E -n "s/.*\"sha256:($H)\".*/\\1 $holder/p"
    done >"$t/keepers"
    grep -E '^ledger\.keepers\.[0-9]+\.holder ' "$t/policy" | cut -d' ' -f2 | unique || return 1
    [ "$(grep -cE '^ledger\.keepers\.[0-9]+\.holder ' "$t/policy")" = "$(grep -cE '^ledger\.keepers\.[0-9]+\.keys ' "$t/policy")" ] || return 1
    cut -d' ' -f1 "$t/keepers" | unique && none -vFxf "$t/holders" "$t/keepers" || return 1
    # One key, or several keepers; and one of the two, where there is a ledger.
    [ -z "$(of ledger.keeper)" ] || [ ! -s "$t/keepers" ] || return 1
    { of ledger.keeper | sed 's/^sha256://' && cut -d' ' -f2 "$t/keepers" | uniq | while read -r holder; do
        sed -n "s/ $holder\$//p" "$t/keepers" | sed -n 1p
    done; } | sed '/^$/d' >"$t/heads"
    [ -z "$(of ledger.origin)" ] || [ -n "$(of ledger.keeper)" ] || [ -s "$t/keepers" ]
}

# The value of a key of the policy, without quotes.
of() { sed -n "s/^$1 //p" "$t/policy" | sed 's/^"\(.*\)"$/\1/'; }

# Whether a holder has a role.
has_role() { grep -Fqx -e "$1 $2" "$t/roles"; }

# Whether the votes of one kind meet a rule: so many holders, and so many in each role.
met() {
    printf '%s\n' "$3" | tr -d '{} ' | tr ',=' '\n ' | sed '/^$/d' >"$t/rule"
    [ -s "$t/rule" ] && cut -d' ' -f1 "$t/rule" | unique || return 1
    : >"$t/counted"
    while read -r role need; do
        sed -n "s/^$1 \\([^ ]*\\) $role\$/\\1/p" "$t/votes" | sort -u >"$t/these"
        [ "$(wc -l <"$t/these")" -ge "$need" ] || return 1
        cat "$t/these" >>"$t/counted"
    done <"$t/rule"
    [ "$(sort -u "$t/counted" | wc -l)" -ge "$2" ]
}

# Whether the policy states why nothing is frozen. A mainnet is frozen, and so is what names signers.
without_freeze() {
    [ -n "$(of freeze.not_applicable)" ] && [ -z "$(of verdicts.roles)" ] && [ "$(of launch.network_class)" != mainnet ] || return 1
}

# The policy's own conditions: its end, and pairs of roles that no holder may have both of.
judge_policy() {
    [ -z "$(of ledger.max_head_age)" ] || ask "records-stale: whether a newer record is missing here"
    ends=$(of launch.expires | tr -d 'TZ:-')
    [ -z "$ends" ] || [ "$(date -u +%Y%m%d%H%M%S)" -lt "$ends" ] || ask "policy-expired"
    # shellcheck disable=SC2046 # role names have no spaces and no wildcards
    set -- $(of separation.pairs | tr -d '[]"' | tr ',' ' ')
    while [ $# -ge 2 ]; do
        while read -r holder role; do
            if [ "$role" = "$1" ] && has_role "$holder" "$2"; then ask "separation-violated: $holder"; fi
        done <"$t/roles"
        shift 2
    done
}

# ---- the manifests -------------------------------------------------------------------------------

# Splits manifests/CLASS.json at its braces, which the strict form does not allow in strings:
# $t/CLASS.artifacts, .entries and .tail. Leaves its id in $id, and $chain and $class.
read_manifest() {
    file=$kit/manifests/$1.json
    regular "$file" && plain "$file" && digest "$file" || return 1
    id=$sum
    tr '{' '\n' <"$file" >"$t/lines"
    echo >>"$t/lines"
    case $(sed -n 1,2p "$t/lines") in "$NL\"artifacts\":["*) ;; *) return 1 ;; esac
    sed -e 1d -e '/"entries":\[$/q' "$t/lines" | sed -e '1s/^"artifacts":\[//' -e 's/],"chain_id":/\
"chain_id":/' | sed '/^$/d' >"$t/$1.head"
    sed '1,/"entries":\[$/d' "$t/lines" | sed 's/],"excluded":\[/\
"excluded":[/' >"$t/rest"
    sed '$d' "$t/$1.head" >"$t/$1.artifacts"
    sed '/^"excluded":\[/,$d' "$t/rest" >"$t/$1.entries"
    sed -n '/^"excluded":\[/,$p' "$t/rest" | sed '/^$/d' | tr '\n' '{' | sed 's/{*$//' >"$t/$1.tail"
    echo >>"$t/$1.tail"
    chain=$(sed -E -n "\$s/^\"chain_id\":\"([^\"\\\\]{1,200})\",\"content_root\":\"sha256:$H\",\"entries\":\\[\$/\\1/p" "$t/$1.head")
    class=$(sed -E -n "s/^.*\"network_class\":\"([a-z]+)\",\"package_class\":\"$1\",\"package_name\":\"[^\"\\\\]{1,210}\"\
,\"package_version\":\"[^\"\\\\]{1,200}\",(\"release_package_id\":\"sha256:$H\",)?\"schema\":\"aztrust\\/package-manifest\"\
,\"version_major\":1,\"version_minor\":0\\}\$/\\1/p" "$t/$1.tail")
    artifact="$B,(\"member\":\"$P\",)?\"path\":\"$P\",\"platform\":\"[a-z0-9_/]+\",\"role\":\"$T\",\"sha256\":\"sha256:$H\"\\}"
    { [ ! -s "$t/$1.artifacts" ] || rows "$t/$1.artifacts" "$artifact"; } && [ -n "$chain" ] && [ -n "$class" ]
}

# Whether a manifest follows docs/formats/manifest.md and agrees with the policy. Names beyond plain
# ASCII are left to aztrust.
sound() {
    entries=$t/$1.entries tail=$t/$1.tail
    rows "$entries" "($B,\"executable\":(true|false),\"kind\":\"file\",\"path\":\"$P\",\"sha256\":\"sha256:$H\",\"size\":$N\
|\"kind\":\"directory\",\"path\":\"$P\"|\"kind\":\"symlink\",\"path\":\"$P\",\"target\":\"$P\")\\}" || return 1
    sed -E 's/.*"path":"([^"]*)".*/\1/' "$entries" >"$t/paths"
    none -E '^/|/$|//|(^|/)\.{1,2}(/|$)' "$t/paths" && sort -c -u "$t/paths" 2>/dev/null && [ -z "$(cut -c4097- "$t/paths" | tr -d '\n')" ] || return 1
    none -E '"target":"(/|([^"]*/)?\.\.["/])' "$entries" || return 1
    sed -e :a -e 's;/[^/]*$;;' -e tb -e d -e :b -e p -e ba "$t/paths" | sort -u | cat - "$t/paths" |
        tr 'A-Z' 'a-z' | unique || return 1
    root=$({ printf '{"entries":['; sed 's/^/{/' "$entries" | tr -d '\n'; printf '],"schema":"aztrust/content"}'; } | sha256)
    { printf '{'; tr -d '\n' <"$tail"; } >"$t/whole"
    grep -q "\"content_root\":\"sha256:$root\"" "$t/$1.head" && canonical "$t/whole" &&
        only_keys '[fg]' 'facts|genesis_(files|hash|time)' || return 1
    sed -n 's/"executable":[a-z]*,"kind":"file",\(.*\),"size":.*/\1/p' "$entries" >"$t/files"
    sed 's/.*"path":"\(.*\)","sha256".*/\1/' "$t/files" >"$t/names"
    [ "$(listed "packages.$1.exclude")" = "$(sed 's/^"excluded":\[\([^]]*\)\].*/\1/' "$tail")" ] || return 1
    case $1 in release) sound_release ;; *) sound_genesis ;; esac
}

# The release: its artifacts are files in it, and are those of the policy.
sound_release() {
    grep -qE "^\"excluded\":\\[[^]]*\\],\"network_class\"" "$tail" || return 1
    sed '=' "$t/release.artifacts" | sed 'N;s/\n/ /' | sed -E 's/^([0-9]+) "blake3":"[^"]*",("member":("[^"]*"),)?"path":("[^"]*"),"platform":("[^"]*"),"role":("[^"]*").*/\1.member \3\
\1.path \4\
\1.platform \5\
\1.role \6/' | grep -v ' $' | sort >"$t/have"
    [ "$(cat "$t/have")" = "$(sed -n 's/^packages\.release\.artifact\.//p' "$t/policy" | sort)" ] || return 1
    sed 's/.*"path":"\([^"]*\)".*/\1/' "$t/release.artifacts" | none -vFx -f "$t/names" || return 1
    grep -v '"member"' "$t/release.artifacts" | sed -E 's/"platform":"[^"]*","role":"[^"]*",//;s/\}.*//' | none -vFx -f "$t/files"
}

# The genesis: its hash is that of its first file, its files are in it and are those of the policy.
sound_genesis() {
    all=$(listed packages.genesis.genesis_files)
    first=${all#\"}
    first=${first%%\"*}
    printf '"blake3":"blake3:%s","path":"%s","sha256":"sha256:%s"\n' "$(sed -E -n "s/.*\"genesis_hash\":\\{\"blake3\":\"blake3:($H)\".*/\\1/p" "$tail")" \
        "$first" "$genesis_hash" | grep -qFx -f "$t/files" || return 1
    [ -n "$all" ] && printf '%s\n' "$all" | tr ',' '\n' | tr -d '"' | none -vFx -f "$t/names" || return 1
    [ ! -s "$t/genesis.artifacts" ] && [ "$(sed -E "s;^\"excluded\":\\[[^]]*\\],(\"facts\":\\{.*\\},)?\"genesis_files\":\\[([^]]*)\\]\
,\"genesis_hash\":\\{$B,\"convention\":\"raw\",\"sha256\":\"sha256:$H\"\\},(\"genesis_time\":$S,)?\"network_class\":.*;\\2;" "$tail")" = "$all" ]
}

# A list of the policy as JSON writes it.
listed() { sed -n "s/^$1 //p" "$t/policy" | sed -E -e 's/^\[ *//' -e 's/ *,? *\]$//' -e 's/" *, *"/","/g'; }

# ---- signatures ----------------------------------------------------------------------------------

# Copies each key of keys/ that is in its canonical form to $t/KIND.FINGERPRINT.
read_keys() {
    for file in "$kit"/keys/*.pem; do
        [ -e "$file" ] || [ -h "$file" ] || continue
        read_key "$file" || ask "key-malformed, or unknown to this openssl: $file"
    done
    while read -r keyid holder; do
        [ -f "$t/p256.$keyid" ] || [ -f "$t/ed25519.$keyid" ] || ask "key-missing: $holder's"
    done <"$t/holders"
}

# One public key: P-256 (named curve, uncompressed point) or Ed25519 (no point of small order).
read_key() {
    regular "$1" && openssl pkey -pubin -in "$1" -pubout -out "$t/pem" 2>/dev/null && digest "$1" &&
        [ "$(sha256 <"$t/pem")" = "$sum" ] || return 1
    openssl pkey -pubin -in "$1" -pubout -outform DER -out "$t/der" && digest "$t/der" || return 1
    case $(hex_of "$t/der") in
        3059301306072a8648ce3d020106082a8648ce3d03010703420004*) cp "$t/pem" "$t/p256.$sum" ;;
        302a300506032b65700321000[01]000000* | 302a300506032b6570032100e[cde]ffffff* | 302a300506032b657003210026e8958f* | 302a300506032b6570032100c7176a70*) return 1 ;;
        302a300506032b6570032100*) cp "$t/pem" "$t/ed25519.$sum" ;;
        *) return 1 ;;
    esac
}

# Leaves the payload of a signed file (DSSE) in $t/payload, and $keyid, if a key of keys/ signed it.
open_file() {
    parsed=''
    regular "$1" && [ "$(wc -c <"$1")" -le 4194304 ] && digest "$1" || return 1
    sed -E -n "s;^\{\"payload\":\"$B64\",\"payloadType\":\"application/vnd\.in-toto\+json\",\"signatures\":\[\{\"keyid\":\"($H)\",\"sig\":\"$B64\"\}\]\}\$;\1 \4 \5;p" "$1" >"$t/fields"
    echo >>"$t/fields"
    read -r base64 keyid signature <"$t/fields"
    [ -n "$base64" ] && [ -n "$signature" ] && [ "$sum" = "$(printf '{"payload":"%s","payloadType":"application/vnd.in-toto+json","signatures":[{"keyid":"%s","sig":"%s"}]}' \
        "$base64" "$keyid" "$signature" | sha256)" ] || return 1
    printf '%s' "$base64" | openssl base64 -d -A >"$t/payload" && printf '%s' "$signature" | openssl base64 -d -A >"$t/sig" || return 1
    { printf 'DSSEv1 28 application/vnd.in-toto+json %d ' $(($(wc -c <"$t/payload"))); cat "$t/payload"; } >"$t/pae"
    parsed=yes
    is_signed "$keyid" "$t/pae" && canonical "$t/payload"
}

# Whether a key of keys/ signed a file: the signature is in $t/sig.
is_signed() {
    if [ -f "$t/p256.$1" ]; then
        openssl dgst -sha256 -verify "$t/p256.$1" -signature "$t/sig" "$2" >"$t/openssl" 2>&1
    else
        openssl pkeyutl -verify -pubin -inkey "$t/ed25519.$1" -rawin -in "$2" -sigfile "$t/sig" >"$t/openssl" 2>&1
    fi
}

# Leaves the parts of the payload that a pattern names in $t/fields, one to a line.
parts() {
    sed -E -n "s;$STATEMENT$1\$;$2;p" "$t/payload" >"$t/fields"
    [ -s "$t/fields" ] && echo >>"$t/fields"
}

# Whether the payload is of this kind and about this subject.
is_about() {
    case $(cat "$t/payload") in
        *",\"predicateType\":\"urn:aztrust:$1:v1\",\"subject\":[{\"digest\":{\"sha256\":\"$3\"},\"name\":\"$2\"}]}") ;;
        *) return 1 ;;
    esac
}

# Whether $t/bones is a complete review document of the package that the approval names.
is_review() {
    q='"[^"]*"' whose="\"release_package_id\":\"sha256:$H\","
    [ "$class" = genesis ] || whose="($whose)?"
    # Builds are what version 1.1 has more.
    builds='' minor=0
    if grep -qF '],"builds":[' "$t/bones"; then
        builds=",\"builds\":\\[(\\{\"commit\":$q,\"issuer\":$q,\"path\":$q,\"ref\":$q,\"repository\":$q,\"sha256\":\"sha256:$H\",\"workflow\":$q\\},?)+\\]" minor=1
    fi
    only_keys f 'facts|files' || return 1
    grep -qE "^\\{\"artifacts\":\\[(\\{(\"member\":$q,)?\"path\":$q,\"platform\":$q,\"role\":\"$T\",\"sha256\":\"sha256:$H\"\\},?)*\\]\
$builds,\"bytes\":$N,\"chain_id\":$q,\"content_root\":\"sha256:$H\",\"differences\":\\[($q,?)*\\],\"differences_total\":$N,(\"differs_from\":\"sha256:$H\",)?\
\"excluded\":\\[($q,?)*\\],(\"facts\":\\{.*\\},)?\"files\":$N,(\"genesis_hash\":\"sha256:$H\",)?\"manifest_only\":$only,\"network_class\":\"(main|test|dev)net\"\
,\"package_class\":\"$class\",\"package_id\":\"sha256:$id\",\"package_name\":$q,\"package_version\":$q,\"policy_digest\":\"sha256:$under\",${whose}\"replaced_by\":\\[$D\\]\
,\"revocations\":\\[$D\\],\"schema\":\"aztrust/review\",\"version_major\":1,\"version_minor\":$minor,\"warnings\":\\[(\\{\"code\":$q,\"text\":$q\\},?)*\\]\\}\$" "$t/bones"
}

# A file of manifests/records. Seals and approvals of these packages under this policy go to
# $t/seals and $t/votes; those of other packages do not count. Fails on the rest: it may be a
# revocation.
read_record() {
    opened=''
    open_file "$1" && opened=yes && holder=$(sed -n "s/^$keyid //p" "$t/holders") && [ -n "$holder" ] || return 1
    what="\"package_class\":\"(release|genesis)\",\"package_id\":\"sha256:($H)\",\"policy_digest\":\"sha256:($H)\""
    if parts "\\{\"preimages\":\\{\\},\"record\":\\{$what,\"prior_seals\":\\[($D)\\],\"sealed_at_unix_ms\":$N\\}\\},$ABOUT" '\1 \2 \3 [\4]'; then
        read -r class id under prior <"$t/fields"
        is_about seal "manifests/$class.json" "$id" || return 1
        entitled=no
        if has_role "$holder" "$(seal_role "$class")"; then entitled=yes; fi
        [ "$under" != "$policy" ] || echo "$class $id $entitled $(sha256 <"$t/payload") $prior" >>"$t/seals"
    elif parts "\\{\"preimages\":\\{\"review\":(\\{.*\\})\\},\"record\":\\{\"approved_at_unix_ms\":$N,\"manifest_only\":(true|false),$what,\"review_hash\":\"sha256:($H)\",\"roles\":\\[(\"[^]]*\")\\]\\}\\},$ABOUT" '\4 \5 \6 \7 \3 \8\
\1'; then
        { read -r class id under hash only roles && cat >"$t/review"; } <"$t/fields"
        tr -d '\n' <"$t/review" >"$t/whole"
        is_about approval "manifests/$class.json" "$id" && [ "$hash" = "$(sha256 <"$t/whole")" ] && bones "$t/whole" || return 1
        printf '%s\n' "$roles" | grep -qE "^\"$T\"(,\"$T\")*\$" && is_review || return 1
        [ "$id,$under" = "$(id_of "$class"),$policy" ] || return 0
        echo "$class $keyid" >>"$t/approvals"
        for role in $(printf '%s' "$roles" | tr -d '"' | tr ',' ' '); do
            if has_role "$holder" "$role"; then echo "$class $holder $role" >>"$t/votes"; fi
        done
    elif ! is_harmless; then
        # An announcement that agrees, or is about another genesis; it has no package_class.
        parts "\\{\"preimages\":\\{\\},\"record\":\\{\"announced_at_unix_ms\":$N,\"convention\":\"(raw|jq-S-c|jq-S|declared)\",\"package_id\":\"sha256:($H)\",\"policy_digest\":\"sha256:($H)\",\"sha256\":\"sha256:($H)\"\\}\\},$ABOUT" '\2 \3 \4 \5' || return 1
        read -r how id under hash <"$t/fields"
        is_about announcement genesis "$hash" || return 1
        [ "$id,$under" != "$genesis,$policy" ] || [ "$how,$hash" = "raw,$genesis_hash" ]
    fi
}

# The kind of the record in the payload.
record_kind() { sed -E -n 's/.*,"predicateType":"urn:aztrust:([a-z-]+):v1","subject":.*/\1/p' "$t/payload"; }

# Whether the payload is a record of the launch window, or of a build, that cannot end a scope,
# whatever its content. A deferral and an abort can, so they are not among these. No text in one is
# longer than 1000 bytes: aztrust takes 1000 characters.
is_harmless() {
    under="\"policy_digest\":\"sha256:$H\"" about="\"scope_hash\":\"sha256:$H\"" name=scope field=scope_hash meta=
    kind=$(record_kind)
    [ -z "$(tr '"' '\n' <"$t/payload" | cut -b1001- | tr -d '\n')" ] || return 1
    seen='(preflight|artifact|genesis)-mismatch|role-readiness-gap|(peer-compatibility|no-finality|contradictory-notarization|deterministic-replay|bvm|witness-proof|governance-activation|telemetry-blindness)-anomaly'
    case $kind in
        check-attestation) body="\"attested_at_unix_ms\":$N,\"check\":\"$T\",\"evidence\":\\[$FILES\\],\"note\":$S,$under,\"role\":\"$T\",$about,\"status\":\"(pass|fail)\"" ;;
        advisory-review) body="\"evidence\":\\[$FILES\\],\"note\":$S,\"outcome\":\"(clear|blocking)\",$under,\"reviewed_at_unix_ms\":$N,$about,\"sources\":\\[\"(private|public|private\",\"public|public\",\"private)\"\\]" ;;
        launch-anomaly) body="\"anomaly_class\":\"($seen)\",\"detail\":\"[^\"\\\\]+\",\"guidance\":\"(CONTINUE|HOLD|DEFER|ABORT)\",(\"incident\":\"[^\"\\\\]+\",)?(\"launch_window_id\":\"sha256:$H\",)?\"observed_at_unix_ms\":$N,$under,(\"role\":\"$T\",)?$about(,\"severity\":\"(critical|major|minor)\")?" ;;
        blocker)
            body="\"action\":\"open\",$under,\"reason\":\"[^\"\\\\]+\",\"said_at_unix_ms\":$N,\"severity\":\"(critical|major|minor)\"" name=policy field=policy_digest
            if grep -q '"record":{"action":"close"' "$t/payload"; then
                body="\"action\":\"close\",\"blocker\":\"sha256:$H\",${body#*open\",}" name=record field=blocker
            fi ;;
        build-attestation) body="\"attested_at_unix_ms\":$N,\"built_sha256\":\"sha256:$H\",\"environment\":\"[^\"\\\\]+\",\"package_id\":\"sha256:$H\",\"path\":\"[^\"\\\\]+\",$under,\"sealed_sha256\":\"sha256:$H\"" name=manifests/release.json field=package_id ;;
        # Whether these two are allowed in their place, the replay of the ledger says.
        take-over) body="\"origin\":$ORIGIN,$under,\"reason\":\"[^\"\\\\]+\",\"root\":\"sha256:$H\",\"size\":$N,\"taken_at_unix_ms\":$N" name=policy field=policy_digest ;;
        closing) body="\"closed_at_unix_ms\":$N,$under,\"reason\":\"[^\"\\\\]+\"" name=policy field=policy_digest ;;
        note) body="$under,\"said_at_unix_ms\":$N,\"text\":\"[^\"\\\\]+\"" name=policy field=policy_digest ;;
        enrolment)
            meta="\\{\"key\":\"sha256:$H\",\"operator\":\"$T\",\"public_key\":\"$B64\",\"roles\":\\[\"$T\"(,\"$T\")*\\],\"validators\":\\[(\"$V\"(,\"$V\")*)?\\]\\}"
            body="\"enrolled_at_unix_ms\":$N,\"gentx\":\"(none|verified|unverified)\",\"operators\":\\[$meta(,$meta)*\\],$under" name=policy field=policy_digest meta='' ;;
        lessons)
            meta="\\{\"class\":\"[^\"\\\\]+\",\"common_mistake\":\"[^\"\\\\]+\",\"edge_threshold\":\"[^\"\\\\]+\",\"id\":\"[a-z0-9][a-z0-9-]{0,31}\",\"owner\":\"$T\",\"residual_risk\":\"[^\"\\\\]+\"\\}"
            meta="\"lessons\":\\{\"lesson\":\\[$meta(,$meta)*\\]\\}"
            body="\"fixed_at_unix_ms\":$N,\"launch_window_id\":\"sha256:$H\",\"lessons_hash\":\"sha256:$H\",$under,$about" ;;
        launch-window)
            early='bootstrap_authorization_time_unix_ms bootstrap_start_time_unix_ms' late='early_epoch_observation_end_time_unix_ms restricted_posture_end_time_unix_ms' meta=
            for field in $early change_cutoff_unix_ms decide_by_unix_ms ${late% *}; do meta="$meta(\"$field\":$N,)?"; done
            meta="\"metadata\":\\{$meta$under,(\"${late#* }\":$N,)?$about(,\"script_hash\":\"sha256:$H\")?\\}" field=scope_hash
            body="\"authorized_genesis_package_id\":\"sha256:$H\",\"authorized_release_package_id\":\"sha256:$H\",\"launch_window_id\":\"sha256:$H\",\"metadata_hash\":\"sha256:$H\"\
,(\"restricted_posture_expected_end_hash\":\"sha256:$H\",)?\"status\":\"OPEN\",\"target_chain_id\":\"[^\"\\\\]{1,200}\",\"target_genesis_hash\":\"sha256:$H\"\
,\"target_network_class\":\"(main|test|dev)net\",\"version_major\":1,\"version_minor\":0,\"window_open_time_unix_ms\":$N" ;;
        *) return 1 ;;
    esac
    grep -qE "$STATEMENT\\{\"preimages\":\\{$meta\\},\"record\":\\{$body\\}\\},$ABOUT\$" "$t/payload" || return 1
    is_about "$kind" $name "$(sed -E -n "s/.*\"$field\":\"sha256:($H)\".*/\\1/p" "$t/payload")" || return 1
    case $kind in
        take-over | closing)
            [ -n "$logged" ] && is_about "$kind" policy "$policy" || return 1
            echo "$(sha256 <"$t/payload") $keyid $kind $(sed -E -n "s/.*\"origin\":\"([^\"]*)\".*\"root\":\"sha256:($H)\",\"size\":($N),.*/\3 \2 \1/p" "$t/payload")" >>"$t/turns" ;;
    esac
    [ "$kind" != enrolment ] || is_enrolment || return 1
    if [ "$kind" = lessons ]; then
        [ -z "$(tr '"' '\n' <"$t/payload" | cut -b501- | tr -d '\n')" ] || return 1
        sed -E 's/.*"preimages":\{"lessons":(\{.*\})\},"record":.*/\1/' "$t/payload" | tr -d '\n' >"$t/lessons"
        tr '{' '\n' <"$t/lessons" | sed -E -n 's/.*"id":"([^"]*)","owner".*/\1/p' >"$t/ids"
        [ "$(grep -c . "$t/ids")" -le 64 ] && unique <"$t/ids" &&
            grep -qF "\"lessons_hash\":\"sha256:$(sha256 <"$t/lessons")\"" "$t/payload" || return 1
    fi
    [ "$kind" = launch-window ] || return 0
    sed -E 's/.*"preimages":\{"metadata":(\{[^}]*\})\}.*/\1/' "$t/payload" | tr -d '\n' >"$t/metadata"
    sed -E 's/.*,"record":(\{[^}]*\})\},"predicateType".*/\1/' "$t/payload" | tr -d '\n' >"$t/window"
    # The times of the plan, in their order, from the opening on.
    for field in window_open_time_unix_ms $early $late; do
        { cat "$t/window" "$t/metadata" && echo; } | sed -E -n "s/.*\"$field\":([0-9]+).*/\\1/p"
    done | sort -n -c 2>/dev/null || return 1
    grep -qF "\"metadata_hash\":\"sha256:$(sha256 <"$t/metadata")\"" "$t/window" &&
        grep -qF "\"launch_window_id\":\"sha256:$(sed 's/"launch_window_id":"[^"]*",//' "$t/window" | tr -d '\n' | sha256)\"" "$t/window"
}

# Whether the registrar enrols keys of others than holders, each once, each with its own digest. What
# these keys confirm changes nothing for a host; it is not read here, so that such a file is asked about.
is_enrolment() {
    registrar=$(of readiness.registrar)
    [ -n "$registrar" ] && has_role "$holder" "$registrar" && is_about enrolment policy "$policy" || return 1
    sed -E 's/.*"operators":\[(.*)\],"policy_digest":.*/\1/' "$t/payload" | sed 's/},{/}\
{/g' >"$t/listed"
    echo >>"$t/listed"
    sed -E -n 's/^\{"key":"sha256:([^"]*)".*,"public_key":"([^"]*)".*/\1 \2/p' "$t/listed" >"$t/enrolled"
    # Each takes three runs of openssl: a longer list is for aztrust.
    [ "$(wc -l <"$t/enrolled")" -le 300 ] && cut -d' ' -f1 "$t/enrolled" | sort -c -u 2>/dev/null || return 1
    sed -E 's/.*"validators":\[(.*)\]\}$/\1/' "$t/listed" | tr ',' '\n' | sed '/^$/d' | unique || return 1
    while read -r enrolled text; do
        grep -q "^$enrolled " "$t/holders" && return 1
        printf '%s' "$text" | openssl base64 -d -A >"$t/der" && [ "$enrolled" = "$(sha256 <"$t/der")" ] || return 1
        case $(hex_of "$t/der") in
            3059301306072a8648ce3d020106082a8648ce3d03010703420004* | 302a300506032b6570032100*) ;;
            *) return 1 ;;
        esac
    done <"$t/enrolled"
    for list in roles validators; do
        sed -E "s/.*\"$list\":\\[([^]]*)\\].*/\\1/" "$t/listed" | grep ',' >"$t/several" || continue
        while read -r several; do
            printf '%s\n' "$several" | tr ',' '\n' | sort -c -u 2>/dev/null || return 1
        done <"$t/several"
    done
}

# What a record is that only aztrust judges: by its kind, once a holder signed it.
only_aztrust() {
    kind=
    [ -z "$opened" ] || [ -z "$holder" ] || kind=$(record_kind)
    case $kind in
        launch-hold | launch-defer | launch-abort) echo "a $kind by $holder: it may stop the launch" ;;
        amendment) echo "an amendment by $holder: other bytes may be approved" ;;
        launch-proceed | go-no-go-decision | launch-authorization | bootstrap-start-instruction | role-activation | launch-live-status | launch-observation | \
            anomaly-resolution | restricted-posture-entry | restricted-posture-exit | normalization | exception | correction)
            echo "a $kind of the launch window by $holder" ;;
        checklist-plan | checklist-evidence | checklist-answer | checklist-sign-off | checklist-closed)
            echo "a $kind of the readiness checklist by $holder" ;;
        *) echo "it may be a revocation" ;;
    esac
}

# The sealing role, and the package, of a class.
seal_role() { role=$(of "seal.$1"); case $1,$role in *,?*) echo "$role" ;; release,) echo release-manager ;; *) echo genesis-custodian ;; esac; }
id_of() { case $1 in release) echo "$release" ;; genesis) echo "$genesis" ;; esac; }

# Whether a package is sealed by its role, and that seal names every seal of another one.
is_sealed() {
    sed -n "s/^$1 $2 yes //p" "$t/seals" >"$t/ours"
    sed -n "s/^$1 $2 [a-z]* \\([^ ]*\\).*/\\1/p" "$t/seals" >"$t/mine"
    grep "^$1 " "$t/seals" | grep -v "^$1 $2 " >"$t/others" || :
    [ -s "$t/ours" ] || return 1
    while read -r _ _ _ record prior; do
        grep -q " .*$record" "$t/ours" && printf '%s\n' "$prior" | none -F -f "$t/mine" || return 1
    done <"$t/others"
}

# A file of manifests/verdicts: a freeze, or final checks, of this very scope that passed. Fails on
# the rest, which only aztrust judges.
read_verdict() {
    opened=''
    open_file "$1" && opened=yes && holder=$(sed -n "s/^$keyid //p" "$t/holders") && [ -n "$holder" ] || return 1
    matrix='' more='' of=freeze_confirmed level=FREEZE_CONFIRMED good=pass
    rows='release-package genesis-package release-manifest approvals scope supersession'
    if grep -q '"record":{[^{}]*"checkpoint_class":"final_checks_completed"' "$t/payload"; then
        of=final_checks_completed level=FINAL_CHECKS_COMPLETED good='(pass|not_applicable)'
        rows='release-integrity genesis-integrity package-compatibility binary-integrity chain-id operator-preflight operator-readiness
            role-readiness monitoring-live incident-path blocker-review advisory-review'
        more="(,\\{\"evidence\":\\[$D\\],\"id\":\"lesson\\.[a-z0-9-]{1,32}\",\"owner\":\"$T\",\"status\":\"pass\",\"timestamp_unix_ms\":$WHEN\\})*"
    fi
    for row in $rows; do
        case $row in *-integrity|package-compatibility|chain-id) is=pass ;; *) is=$good ;; esac
        matrix="$matrix,\\{\"evidence\":\\[$D\\],\"id\":\"$row\",\"owner\":\"$T\",\"status\":\"$is\",\"timestamp_unix_ms\":$WHEN\\}"
    done
    sed 's/{"digest":{"sha256":"\([0-9a-f]*\)"},"uri":"urn:aztrust:record:\1"}/0/g' "$t/payload" >"$t/summary"
    grep -qE "$STATEMENT\\{\"inputAttestations\":\\[(0,?)*\\]\
,\"policy\":\\{\"digest\":\\{\"sha256\":\"$policy\"\\},\"uri\":\"urn:aztrust:policy:$policy\"\\},\"resourceUri\":\"urn:aztrust:scope:$scope\"\
,\"slsaVersion\":\"1\\.0\",\"timeVerified\":\"[0-9TZ:.-]+\",\"urn:aztrust:launch-checkpoint:v1\":\\{\"findings\":\\[\\],\"guidance\":\"CONTINUE\"\
,(\"ledger\":\\{\"keeper\":\"sha256:$H\",\"origin\":$ORIGIN,\"root\":\"sha256:$H\",\"size\":$N\\},)?\"matrix\":\\[${matrix#,}$more\\]\
,\"record\":\\{(\"blocker_root\":\"sha256:$H\",)?\"checkpoint_class\":\"$of\",\"checkpoint_id\":\"sha256:$H\",\"checkpoint_scope_hash\":\"sha256:$scope\"\
,\"evidence_refs\":\\[$SOME\\],\"launch_window_id\":\"sha256:$H\",\"timestamp_unix_ms\":$WHEN,\"verdict\":\"pass\"\\}\\}\
,\"verificationResult\":\"PASSED\",\"verifiedLevels\":\\[\"AZTRUST_$level\"\\]\
,\"verifier\":\\{\"id\":\"urn:aztrust:verifier:$keyid\",\"version\":\\{($S:$S,)*\"aztrust\":$S(,$S:$S)*\\}\\}\\}\
,\"predicateType\":\"https://slsa\\.dev/verification_summary/v1\",\"subject\":\\[.*\\]\\}\$" "$t/summary" || return 1
    sed 's/.*"matrix":\[\(.*\)\],"record":.*/\1/' "$t/summary" | tr '{' '\n' | sed -E -n 's/.*"id":"([^"]*)".*/\1/p' | unique || return 1
    # What follows from the rest: the record's id, its evidence and its time.
    sed -E 's/.*\],"record":(\{.*"verdict":"pass"\})\},"verificationResult".*/\1/' "$t/summary" | tr -d '\n' >"$t/record"
    [ "$(sed 's/"checkpoint_id":"[^"]*",//' "$t/record" | tr -d '\n' | sha256)" = "$(sed 's/.*"checkpoint_id":"sha256:\([^"]*\)".*/\1/' "$t/record")" ] &&
        [ "$(sed 's/.*"matrix":\[\(.*\)\],"record":.*/\1/' "$t/summary" | tr ',[]' '\n\n\n' | grep '^"sha256:' | sort -u)" = \
            "$(sed 's/.*"evidence_refs":\[\([^]]*\)\].*/\1/' "$t/record" | tr ',' '\n')" ] || return 1
    at=$(sed -E -n 's/.*"timestamp_unix_ms":([0-9]+),"verdict".*/\1/p' "$t/record")
    { echo "$at" && tr ',}' '\n\n' <"$t/summary" | sed -n 's/^"timestamp_unix_ms"://p'; } | sort -n >"$t/times"
    [ "$(sed -n '$p' "$t/times")" = "$at" ] && grep -qF "\"timeVerified\":\"$(moment "$at")\"" "$t/summary" || return 1
    # What it rests on is sorted, and among its evidence.
    tr '{' '\n' <"$t/payload" | sed -E -n "s/.*\"uri\":\"urn:aztrust:record:($H)\".*/\"sha256:\\1\"/p" >"$t/rests"
    sed 's/.*"evidence_refs":\[\([^]]*\)\].*/\1/' "$t/record" | tr ',' '\n' >"$t/evidence"
    sort -c -u "$t/rests" 2>/dev/null && none -vFx -f "$t/evidence" "$t/rests" || return 1
    sed -E -n 's/^"blake3":"blake3:([^"]*)",("member":"([^"]*)",)?"path":"([^"]*)".*"sha256:([^"]*)".*/{"digest":{"blake3":"\1","sha256":"\5"},"name":"release:\4!\3"}/p' \
        "$t/release.artifacts" | sed 's/!"}$/"}/' >"$t/subjects"
    unique <"$t/subjects" || return 1
    subjects=$(tr '\n' ',' <"$t/subjects")
    [ "$(sed -E -n 's/.*"subject":\[(.*)\]\}$/\1,/p' "$t/payload" | sed -E "s/\"blake3\":\"$H\",(\"sha256\":\"($release|$genesis)\")/\\1/g")" = \
        "{\"digest\":{\"sha256\":\"$release\"},\"name\":\"manifests/release.json\"},{\"digest\":{\"sha256\":\"$genesis\"},\"name\":\"manifests/genesis.json\"},$subjects" ] || return 1
    sed -E -n "s/.*,\"ledger\":\\{\"keeper\":\"sha256:($H)\",\"origin\":\"([^\"]*)\",\"root\":\"sha256:($H)\",\"size\":($N)\\},\"matrix\".*/\\1 \\2 \\3 \\4/p" "$t/summary" >>"$t/considered"
    [ $of != freeze_confirmed ] || sed -n "s/^$holder /verdict $holder /p" "$t/roles" >>"$t/votes"
}

# A time in milliseconds since 1970 as RFC 3339 writes it, of ten digits or more.
moment() {
    now=${1%???} part=${1#"${1%???}"} days=$((${1%???} / 86400 + 719468))
    era=$((days / 146097)) days_of_era=$((days % 146097))
    year=$(((days_of_era - days_of_era / 1460 + days_of_era / 36524 - days_of_era / 146096) / 365))
    days_of_year=$((days_of_era - 365 * year - year / 4 + year / 100))
    month=$(((5 * days_of_year + 2) / 153))
    printf '%04d-%02d-%02dT%02d:%02d:%02d%sZ' $((year + era * 400 + month / 10)) $((month < 10 ? month + 3 : month - 9)) \
        $((days_of_year - (153 * month + 2) / 5 + 1)) $((now / 3600 % 24)) $((now / 60 % 60)) $((now % 60)) \
        "$(printf '.%s\n' "$part" | sed -e 's/0*$//' -e 's/^\.$//')"
}

# ---- the ledger ----------------------------------------------------------------------------------

# Leaves in $name the file name of tile $1 of the log (c2sp.org/tlog-tiles), of $total leaves.
tile_name() {
    width=$((total - $1 * 256)) name=$(printf '%03d' "$1")
    [ $width -ge 256 ] || name=$name.p/$width
}

# Whether two files are there, and have the same bytes.
same() { regular "$1" && digest "$1" && before=$sum && digest "$2" && [ "$sum" = "$before" ]; }

# Leaves in $logged whether this kit has a ledger, the hashes of its leaves in $t/order, one to a
# line, and their number in $total.
read_order() {
    logged='' log=$kit/manifests/ledger
    [ -e "$log" ] || [ -h "$log" ] || return 0
    for folder in "$log" "$log/tile" "$log/tile/0" "$log/tile/1" "$log/tile/entries" "$log"/tile/*/*.p; do
        [ ! -h "$folder" ] || { ask "ledger: not a file of a kit"; return 0; }
    done
    regular "$log/checkpoint" || { ask "ledger: not a file of a kit"; return 0; }
    total=$(sed -n 2p "$log/checkpoint" | tr -c '0-9\n' x)
    case $total in '' | 0* | *[!0-9]* | ??????*) total=99999 ;; esac
    [ "$total" -le 65535 ] || { ask "ledger: manifests/ledger/checkpoint has a form or a size that this script does not read"; return 0; }
    number=0
    while [ $((number * 256)) -lt "$total" ]; do
        tile_name $number
        regular "$log/tile/0/$name" || { ask "ledger-inconsistent: manifests/ledger/tile/0/$name is missing"; return 0; }
        hex_of "$log/tile/0/$name" | command fold -w 64
        echo
        number=$((number + 1))
    done >"$t/order"
    [ "$(wc -l <"$t/order")" -eq "$total" ] && none -vxE "$H" "$t/order" && unique <"$t/order" ||
        { ask "ledger-inconsistent: manifests/ledger/tile/0 has a form that this script does not read"; return 0; }
    logged=yes
}

# The leaf of the record or verdict that was opened last: its hash goes to $t/leaf.HEX, and "leaf,
# record id, key" to $t/leaves. Fails where the ledger's order does not list it.
is_logged() {
    [ -n "$logged" ] || return 0
    record=$(sha256 <"$t/payload")
    if [ "$1" = verdict ]; then
        key=$t/p256.$keyid details=PKIX_ECDSA_P256_SHA_256
        [ -f "$key" ] || key=$t/ed25519.$keyid details=PKIX_ED25519
        printf '{"apiVersion":"0.0.2","kind":"hashedrekord","spec":{"hashedRekordV002":{"data":{"algorithm":"SHA2_256","digest":"%s"},"signature":{"content":"%s","verifier":{"keyDetails":"%s","publicKey":{"rawBytes":"%s"}}}}}}' \
            "$(openssl dgst -sha256 -binary "$t/pae" | openssl base64 -A)" "$signature" $details "$(sed '/^-----/d' "$key" | tr -d '\n')"
    else
        printf '{"envelope_sha256":"sha256:%s","record_id":"sha256:%s","schema":"aztrust/leaf"}' "$sum" "$record"
    fi >"$t/leaf"
    { printf '\000'; cat "$t/leaf"; } | openssl dgst -sha256 -binary >"$t/node"
    leaf=$(hex_of "$t/node")
    grep -qFx -e "$leaf" "$t/order" && cp "$t/node" "$t/leaf.$leaf" && cp "$t/leaf" "$t/text.$leaf" || return 1
    echo "$leaf $record $keyid" >>"$t/leaves"
    # What must be in the ledger before it: what a verdict considered, the blocker that is closed.
    tr '{,' '\n\n' <"$t/payload" | sed -E -n "s/.*\"(uri\":\"urn:aztrust:record|blocker\":\"sha256):($H)\".*/$leaf \\2/p" >>"$t/cites"
}

# Puts a node of the tree (RFC 6962) to the left of the one in $t/node, which becomes their parent.
join() {
    { printf '\001'; cat "$1" "$t/node"; } | openssl dgst -sha256 -binary >"$t/parent"
    cp "$t/parent" "$t/node"
}

# Leaves the root over the first $1 leaves in $t/node: $t/peak.LEVEL are its perfect subtrees.
fold() {
    level=0 left=$1 any=''
    while [ "$left" -gt 0 ]; do
        if [ $((left % 2)) -eq 1 ]; then
            if [ -n "$any" ]; then join "$t/peak.$level"; else cp "$t/peak.$level" "$t/node"; fi
            any=yes
        fi
        level=$((level + 1)) left=$((left / 2))
    done
}

# The record that a leaf without a file is of, as far as the tile of entries says.
named() {
    tile_name $(($1 / 256))
    tr '\000-\037\177-\377' '\n' 2>/dev/null <"$log/tile/entries/$name" | grep '{"' | sed -n "$(($1 % 256 + 1))p" |
        sed -E -n -e "s/.*\"record_id\":\"(sha256:$H)\".*/the record \\1/p" -e 's/.*"digest":"([A-Za-z0-9+=\/]{44})".*/the verdict with the digest \1/p'
}

# What this script cannot read is an entry all the same, where its signature holds: not withheld. Nor
# is a record by a key that is not in keys/, such as an operator's: its leaf is of these very bytes.
is_here() {
    [ -z "$opened" ] && { [ "$1" = verdict ] || ! is_by_another; } || is_logged "$1" || :
}
is_by_another() { [ -n "$parsed" ] && [ ! -f "$t/p256.$keyid" ] && [ ! -f "$t/ed25519.$keyid" ]; }

# Whether each leaf of the order is that of a file of this kit. One that is not may be a revocation,
# so that nothing is known.
is_whole() {
    size=0
    while read -r leaf; do
        if [ ! -f "$t/leaf.$leaf" ]; then
            withheld=yes
            say "withheld ledger-entry-withheld  entry $size of the ledger, $(named $size): no file of this kit is it"
        fi
        size=$((size + 1))
    done <"$t/order"
    [ -z "$withheld" ]
}

# Whether the leaf is nothing that changes who keeps the ledger, or is allowed to in its place; after
# the closing of a ledger only aztrust reads on. Leaves the keeper from here on in $keeper.
turn() {
    [ -z "$closed" ] || return 1
    record=$(sed -n "s/^$leaf //p" "$t/leaves" | sed -n 1p)
    grep "^$record " "$t/turns" | sed -n 1p >"$t/turn" || :
    read -r _ by kind at root of <"$t/turn" || return 0
    if [ "$kind" = closing ]; then
        closed=yes
        [ "$by" = "$keeper" ]
        return
    fi
    # A deputy comes after the present keeper, and cites what is before this very leaf.
    grep -Fxn -e "$by" "$t/heads" | cut -d: -f1 >"$t/place"
    [ -s "$t/place" ] && [ "$(grep -Fxn -e "$keeper" "$t/heads" | cut -d: -f1)" -lt "$(sed -n 1p "$t/place")" ] || return 1
    [ "$at" = "$size" ] && [ "$size" -gt 0 ] && [ "$of" = "$origin" ] && fold "$size" && [ "$(hex_of "$t/node")" = "$root" ] || return 1
    keeper=$by
}

# Whether no record is in the order twice, each comes after what it rests on, and the verdicts
# considered the first leaves of this very order, and whether the tiles of entries and those above the
# leaves are of them. Leaves the number of leaves in $size and their root in $t/node.
replay() {
    size=0 closed=''
    : >"$t/before"; : >"$t/bundle"; : >"$t/above"
    sort -u "$t/leaves" | cut -d' ' -f2,3 | unique || return 1
    while read -r leaf; do
        sed -n "s/^$leaf //p" "$t/cites" >"$t/cited"
        cut -d' ' -f2 "$t/leaves" | grep -Fx -f "$t/cited" >"$t/needed.before" || :
        none -vFx -f "$t/before" "$t/needed.before" || return 1
        sed -n "s/^$leaf \([^ ]*\) .*/\1/p" "$t/leaves" >>"$t/before"
        [ ! -s "$t/turns" ] || turn || return 1
        cp "$t/leaf.$leaf" "$t/node"
        level=0 left=$size
        while [ $((left % 2)) -eq 1 ]; do
            join "$t/peak.$level"
            level=$((level + 1)) left=$((left / 2))
            [ $level -ne 8 ] || cat "$t/node" >>"$t/above"
        done
        cp "$t/node" "$t/peak.$level"
        tile_name $((size / 256))
        size=$((size + 1)) long=$(wc -c <"$t/text.$leaf")
        # shellcheck disable=SC2059 # octal escapes of printf, and nothing else
        { printf "\\$(printf %03o $((long / 256)))\\$(printf %03o $((long % 256)))"; cat "$t/text.$leaf"; } >>"$t/bundle"
        if [ $((size % 256)) -eq 0 ] || [ $size -eq "$total" ]; then
            same "$log/tile/entries/$name" "$t/bundle" || return 1
            : >"$t/bundle"
        fi
        if grep -q " $size\$" "$t/considered"; then
            fold $size
            grep " $size\$" "$t/considered" | none -vF " $(hex_of "$t/node") " || return 1
        fi
    done <"$t/order"
    # A ledger that was considered had as many leaves at least.
    while read -r _ _ _ count; do [ "$count" -le $size ] && [ "$count" -gt 0 ] || return 1; done <"$t/considered"
    [ $size -lt 256 ] || same "$log/tile/1/000.p/$((size / 256))" "$t/above" || return 1
    [ $size -gt 0 ] && fold $size
}

# The bytes of a file after the first $2 ones.
after() {
    # shellcheck disable=SC2059 # octal escapes of printf, and nothing else
    printf "$(od -An -v -to1 -j"$2" "$1" | tr '\n' ' ' | sed -e 's/ *$//' -e 's/  *\([0-7]\)/\\\1/g')"
}

# The eight digits by which a note (c2sp.org/signed-note) names a key of this log.
named_in_notes() {
    name=$1
    if [ -f "$t/ed25519.$1" ]; then
        sed '/^-----/d' "$t/ed25519.$1" | tr -d '\n' | openssl base64 -d -A >"$t/der"
        name=$({ printf '%s\n\001' "$origin"; after "$t/der" 12; } | sha256)
    fi
    printf '%s\n' "$name" | cut -c1-8
}

# Whether the checkpoint (c2sp.org/signed-note) is the head of this ledger: by its keeper, over the
# whole order, with no line of another keeper and no wrong one of a key that the policy lists. Lines
# of other keys, as of a witness, say nothing here.
is_head() {
    note=$log/checkpoint signed='' dash=$(printf '\342\200\224')
    printf '%s\n%s\n%s\n' "$origin" $size "$(openssl base64 -A <"$t/node")" >"$t/note"
    sed 1,4d "$note" >"$t/signatures"
    digest "$note" && [ "$sum" = "$({ cat "$t/note" && echo && cat "$t/signatures"; } | sha256)" ] || return 1
    none -vE "^$dash [!-*,-~]+ [A-Za-z0-9+/]+={0,2}\$" "$t/signatures" && [ "$(wc -l <"$t/signatures")" -le 64 ] || return 1
    { echo "$keeper" && cut -d' ' -f1 "$t/keepers"; } | sort -u | while read -r key; do
        echo "$(named_in_notes "$key") $key"
    done >"$t/known"
    while read -r _ name signature; do
        printf '%s' "$signature" | openssl base64 -d -A >"$t/line" && [ "$(openssl base64 -A <"$t/line")" = "$signature" ] || return 1
        [ "$(wc -c <"$t/line")" -gt 4 ] || return 1
        [ "$name" = "$origin" ] || continue
        # Four bytes name the key, then its signature follows.
        key=$(sed -n "s/^$(hex_of "$t/line" | cut -c1-8) //p" "$t/known")
        [ -n "$key" ] || continue
        after "$t/line" 4 >"$t/sig"
        is_signed "$key" "$t/note" || return 1
        if [ "$key" = "$keeper" ]; then signed=yes; elif grep -qFx -e "$key" "$t/heads"; then return 1; fi
    done <"$t/signatures"
    [ -n "$signed" ]
}

# The ledger that policy and verdicts name is here, whole, and signed by its keeper.
judge_ledger() {
    keeper=$(sed -n 1p "$t/heads") origin=$(of ledger.origin)
    # Each verdict was signed over a head by the keeper of its time.
    { [ -z "$keeper" ] || echo "$keeper $origin"; cut -d' ' -f1,2 "$t/considered" | while read -r by whose; do
        if [ "$whose" = "$origin" ] && grep -qFx -e "$by" "$t/heads"; then by=$keeper; fi
        echo "$by $whose"
    done; } | sort -u >"$t/named"
    if [ ! -s "$t/named" ]; then
        [ -z "$logged" ] || ask "ledger-unnamed: neither the policy nor a freeze names the ledger in this kit"
    elif [ -z "$logged" ]; then
        ask "ledger-absent: the policy or a verdict names a ledger, and there is none that this script reads"
    elif [ "$(wc -l <"$t/named")" -ne 1 ]; then
        ask "ledger-inconsistent: policy and verdicts name several ledgers"
    else
        read -r keeper origin <"$t/named"
        is_whole || return 0
        replay || { ask "ledger-inconsistent: the entries are not those of the tiles, not those that the verdicts considered, or not in their order"; return 0; }
        is_head || ask "ledger-inconsistent: manifests/ledger/checkpoint is not the keeper's head over this order"
    fi
}

# ---- this host -----------------------------------------------------------------------------------

# What a digest belongs to, as far as the manifests of this kit show.
what_is() {
    for file in "$kit/manifests/release.json" "$kit/manifests/genesis.json" "$kit"/manifests/sealed/*.json; do
        regular "$file" && row=$(tr '{' '\n' <"$file" | grep -F "\"sha256\":\"sha256:$1\"" | sed -n 1p) && [ -n "$row" ] || continue
        path=$(printf '%s\n' "$row" | sed -E -n 's/.*"path":"([^"\\]*)".*/\1/p')
        name=${file##*/} which="the sealed ${name%.json}"
        [ "${#name}" -lt 60 ] || which="a superseded manifest ($name)"
        case $row in
            *'"platform":'*) path="the $(printf '%s\n' "$row" | sed -E 's/.*"platform":"([^"]*)","role":"([^"]*)".*/\1 \2/') artifact ($path)" ;;
            *) ! tr '{' '\n' <"$file" | grep -qF "\",\"path\":\"$path\",\"platform\"" || path="the archive $path, not the file inside it," ;;
        esac
        say "  this   ${path:-the genesis} of $which"
        return
    done
    [ ! -f "$2" ] || [ "$(wc -c <"$2")" -ge 1024 ] || ! grep -q '^version https://git-lfs\.github\.com/spec/' "$2" ||
        say "  this   a Git-LFS pointer, not the file that it names"
}

# Hashes a file of this host into $sum, or says why not.
host_file() {
    code=
    if [ ! -e "$2" ]; then code='file-missing'; elif [ ! -f "$2" ]; then code='special-file'
    elif [ ! -r "$2" ] || ! digest "$2"; then code='unreadable'; fi
    [ -n "$code" ] || return 0
    failed=yes
    say "$1 $code  $2"
    return 1
}

# Whether a file's owner may execute it, where $row is a program: from an archive, or sealed so.
can_run() {
    path=$(printf '%s\n' "$row" | sed 's/.*"path":"\([^"]*\)".*/\1/')
    case $row,$(ls -ldL "$1" | cut -c4 | sed -n 1p) in
        *,[xs]) ;;
        # A library is loaded and never started.
        *'.so","path":'* | *'.so","platform":'* | *'.dylib","p'*) ;;
        *'"member":'*) return 1 ;;
        *) none -F "\"executable\":true,\"kind\":\"file\",\"path\":\"$path\"," "$t/release.entries" ;;
    esac
}

# Whether a program of ELF, that of Linux, names another machine than the platform in its header.
is_of_another_machine() {
    case $platform,$(od -An -v -tx1 -N20 "$1" | tr -d ' \n') in
        linux/amd64,7f454c460201????????????????????????3e00 | linux/arm64,7f454c460201????????????????????????b700) return 1 ;;
        linux/amd64,7f454c46???????????????????????????????? | linux/arm64,7f454c46????????????????????????????????) ;;
        *) return 1 ;;
    esac
}

# Says so where a program has a header that is_of_another_machine does not read.
note_header() {
    case $platform,$(od -An -v -tx1 -N4 "$1" | tr -d ' \n') in
        linux/amd64,7f454c46 | linux/arm64,7f454c46) ;;
        *,7f454c46) say "header   not looked at: for which machine this ELF file is: $1" ;;
        *,4d5a????) say "header   not looked at: for which machine this PE file is: $1" ;;
        *,c[ef]faedfe | *,feedfac[ef] | *,cafebab[ef]) say "header   not looked at: for which machine this Mach-O file is: $1" ;;
    esac
}

# Leaves in $t/needed the artifacts that this host has to have, one "role<TAB>name<TAB>row" to a line:
# of its roles, for its platform. A role of libraries only is every host's.
read_needed() {
    sed -E -e "s;^(.*\"member\":\"([^\"]*/)?([^\"/]*)\".*\"role\":\"([^\"]*)\".*)\$;\4$TAB\3$TAB\1;" -e t \
        -e "s;^(.*\"path\":\"([^\"]*/)?([^\"/]*)\".*\"role\":\"([^\"]*)\".*)\$;\4$TAB\3$TAB\1;" "$t/release.artifacts" >"$t/base"
    # Each library is needed, also where two have one name: a program loads each from its own folder.
    sed -E -e "/^[^$TAB]*${TAB}[^$TAB]*$LIBRARY$TAB/!b" \
        -e "s;^([^$TAB]*)${TAB}[^$TAB]*${TAB}(.*\"member\":\"([^\"]*)\".*\"path\":\"([^\"]*)\".*)\$;\1$TAB\4!\3$TAB\2;" -e t \
        -e "s;^([^$TAB]*)${TAB}[^$TAB]*${TAB}(.*\"path\":\"([^\"]*)\".*)\$;\1$TAB\3$TAB\2;" "$t/base" >"$t/all"
    cut -f1 "$t/all" | sort -u >"$t/all.roles"
    cut -f1,2 "$t/all" | grep -vE "$LIBRARY\$" | cut -f1 | sort -u >"$t/program.roles"
    grep -E "$fits" "$t/all" >"$t/fitting" || :
    cut -f1 "$t/fitting" >"$t/fitting.roles"
    for role in $roles; do
        grep -qFx -e "$role" "$t/all.roles" || usage "--role $role: no artifact of the release has that role"
        say "role     $role only"
        grep -qFx -e "$role" "$t/fitting.roles" || ask "host-file-not-found: the release has nothing of role $role for $platform"
    done
    while IFS="$TAB" read -r role name row; do
        case " $roles " in *" $role "*|'  ') ;; *) ! grep -qFx -e "$role" "$t/program.roles" || continue ;; esac
        printf '%s\t%s\t%s\n' "$role" "$name" "$row"
    done <"$t/fitting" >"$t/needed"
}

# Splits LABEL=FILE into $label and $name where $2 lists the label; else it is a file.
split() {
    label='' name=$1
    case $1 in *=*) ;; *) return 0 ;; esac
    if grep -qFx -e "${1%%=*}" "$2" 2>/dev/null; then
        label=${1%%=*} name=${1#*=}
    else
        case ${1%%=*} in */*) ;; *) [ -e "$1" ] || usage "$1: neither a file nor one of: $(tr '\n' ' ' <"$2")" ;; esac
    fi
    # A name that begins with a dash is a name.
    case $name in -*) name=./$name ;; esac
}

# The answer about a binary: an artifact of its role, for this platform, and executable.
judge_binary() {
    split "$1" "$t/all.roles"
    set -- "$name"
    printf '%s\n' "$1" >>"$t/binaries"
    host_file 'binary  ' "$1" || return 0
    # A dot in a role means a dot.
    role=$(printf '%s\n' "$label" | sed 's/[.]/[.]/g')
    have="\"sha256\":\"sha256:$sum\"" of_role="\"role\":\"${role:-[^\"]*}\""
    cut -f3 "$t/needed" | grep -E "$of_role" >"$t/places" || :
    row=$(grep -F "$have" "$t/places" | sed -n 1p)
    if [ -n "$row" ] && is_of_another_machine "$1"; then
        failed=yes
        say "binary   platform-mismatch  $1"
        say "  for    $platform, and its own header names another machine"
        return
    fi
    if [ -n "$row" ] && can_run "$1"; then
        say "binary   ok  $1"
        grep -F "$have" "$t/needed" | grep -E "$of_role" | cut -f1,2 >>"$t/looked"
        printf '%s\n' "$have" >>"$t/matched"
        note_header "$1"
        return
    fi
    failed=yes code='binary-unknown'
    ! grep -qF "$have" "$t/release.artifacts" || code='binary-other-platform'
    ! grep -qF "$have" "$t/fitting" || code='binary-other-role'
    [ -z "$row" ] || code='binary-not-executable'
    say "binary   $code  $1"
    say "  have   sha256:$sum"
    sed -E -n "s;.*\"sha256\":\"(sha256:$H)\".*;\\1;p" "$t/places" >"$t/needs"
    while read -r need; do say "  need   $need"; done <"$t/needs"
    say "  for    $platform${label:+ $label}"
    what_is "$sum" "$1"
}

# The paths of the genesis files, in order, and the digest of each.
read_geneses() {
    sed -E -n 's/.*"genesis_files":\[([^]]*)\].*/\1/p' "$t/genesis.tail" | tr ',' '\n' | tr -d '"' >"$t/geneses"
    sed 's;.*/;;' "$t/geneses" | cat - "$t/geneses" | sort -u >"$t/genesis.names"
    first=$(sed -n 1p "$t/geneses")
    while IFS= read -r path; do
        if [ "$path" = "$first" ]; then need=$genesis_hash; else
            need=$(grep -F "\"kind\":\"file\",\"path\":\"$path\"," "$t/genesis.entries" | sed -E -n "s/.*\"sha256\":\"sha256:($H)\".*/\1/p")
        fi
        printf '%s\t%s\n' "${need:-none}" "$path"
    done <"$t/geneses" >"$t/genesis.needs"
}

# The answer about a genesis: the sealed bytes of one of the files, and the chain id in the first.
judge_genesis() {
    split "$1" "$t/genesis.names"
    set -- "$name"
    host_file 'genesis ' "$1" || return 0
    base=${label:-${1##*/}} path=''
    [ -n "$label" ] || path=$(grep "^$sum" "$t/genesis.needs" | sed -n 1p | cut -f2)
    [ -n "$path" ] || [ "$(wc -l <"$t/geneses")" -ne 1 ] || path=$first
    [ -n "$path" ] || path=$(while IFS= read -r known; do [ "$known" != "$base" ] && [ "${known##*/}" != "$base" ] || printf '%s\n' "$known"; done <"$t/geneses")
    case $path in ''|*"$NL"*) usage "$1 could be any genesis file: --genesis NAME=FILE says which" ;; esac
    [ "$path" != "$first" ] || printf '%s\n' "$1" >>"$t/genesis.given"
    need=$(while IFS="$TAB" read -r digest known; do [ "$known" != "$path" ] || printf '%s\n' "$digest"; done <"$t/genesis.needs" | sed -n 1p)
    if [ "$sum" = "$need" ]; then
        say "genesis  ok  $1"
        printf '%s\n' "$path" >>"$t/genesis.looked"
        at=$(of packages.genesis.chain_id_at) key=${at##*/}
        [ "$path" = "$first" ] || at=''
        [ -z "$at" ] || case $key in ''|*[!A-Za-z0-9_]*) ask "the chain id at $at" ;; *)
            case $(sed -n -e '1s/^\(.\).*/\1/p' -e 1q "$1") in '{') ;; *) ask "the genesis does not begin with {" ;; esac
            tr ',{}' '\n\n\n' <"$1" >"$t/members"
            none -E '\\u[^"]*"[[:space:]]*:' "$t/members" || ask "the genesis has escaped names in it"
            grep -iF "\"$key\"" "$t/members" >"$t/named" || ask "chain-id-mismatch: no $key in the genesis"
            sed -e "s/^[[:space:]]*\"$key\"[[:space:]]*:[[:space:]]*//" -e 's/[[:space:]]*$//' "$t/named" |
                none -vFx -e "\"$(of launch.chain_id)\"" -e "$(of launch.chain_id)" || ask "chain-id-mismatch: the genesis has another $key" ;;
        esac
        return
    fi
    failed=yes
    say "genesis  genesis-hash-mismatch  $1"
    say "  have   sha256:$sum"
    say "  need   sha256:$need"
    what_is "$sum" "$1"
}

# Asks for every file that a host of this platform needs and that was not named: never exit 0.
ask_for_the_rest() {
    [ -s "$t/needed" ] || [ -n "$binary" ] || ask "host-file-not-found: the binary: --binary FILE"
    cut -f1,2 "$t/needed" | sort -u >"$t/rest"
    while IFS="$TAB" read -r role name; do
        grep -qFx -e "$role$TAB$name" "$t/looked" || ask "host-file-not-found: $name of role $role: --binary $role=FILE"
        # A host needs one of several with one role and name: those that were not compared are named.
        grep -F "$role$TAB$name$TAB" "$t/needed" >"$t/places"
        grep -qF -f "$t/matched" "$t/places" || continue
        grep -vF -f "$t/matched" "$t/places" | sed -E -n 's/.*"path":"([^"]*)".*/\1/p' >"$t/others"
        while IFS= read -r path; do say "others   $name of role $role is one of several, and was not compared with $path"; done <"$t/others"
    done <"$t/rest"
    while IFS= read -r path; do
        grep -qFx -e "$path" "$t/genesis.looked" || ask "host-file-not-found: the genesis $path: --genesis $path=FILE"
    done <"$t/geneses"
}

# ---- what a node on this host keeps, or is configured to use -------------------------------------

# What the tables of aztrust have: databases of clients in a home or right below it, where clients
# keep them, which configurations a node takes, and which variables decide for a client.
CLIENTS='geth/chaindata geth/geth/chaindata chaindata db/mdbx.dat chaindata/mdbx.dat nethermind_db database/METADATA.json
DATABASE_METADATA.json beacon/chain_db beaconchaindata beacon/db db/nbc.sqlite3 chain-db beacon_fork_choice rocksdb ledger/rocksdb'
CLIENT_HOMES='.ethereum Library/Ethereum .local/share/reth Library/Application_Support/reth .local/share/erigon Library/erigon
.nethermind .local/share/nethermind .lighthouse .eth2 Library/Eth2 .local/share/teku Library/teku .cache/nimbus/BeaconNode
Library/Application_Support/Nimbus/BeaconNode .local/share/lodestar ledger validator-ledger test-ledger'
CONFIGS='json toml yaml yml properties props prop hcl tfvars dotenv env ini'
CLIENT_NAMES='GETH|RETH|ERIGON|NETHERMIND|BESU|LIGHTHOUSE|PRYSM|TEKU|NIMBUS|LODESTAR|GRANDINE|SOLANA|BEACON_CHAIN'
CHOICES='DATADIR|DATA_DIR|DATA_PATH|BASE_PATH|BASEDBPATH|DATADIR_ANCIENT|CONFIG|CONFIG_FILE|CONFIG_PATH|CHAIN|NETWORK|NETWORKID
NETWORK_ID|GENESIS|GENESIS_STATE|INITIAL_STATE|INITCONFIG_BASEDBPATH|INITCONFIG_CHAINSPECPATH|DEV|MAINNET|SEPOLIA|HOLESKY|HOODI
OVERRIDE_[A-Z0-9_]*|DB_DIR|GENESIS_FILE'

# One question, once.
ask_once() { case $asks in *"$(show "$1")$NL"*) ;; *) ask "$1" ;; esac; }

# Whether something is at a path. Where a directory on the way cannot be entered, that is not known.
there() {
    [ ! -e "$1" ] && [ ! -h "$1" ] || return 0
    way=$1
    while case $way in */*) ;; *) false ;; esac; do
        way=${way%/*}
        [ -e "${way:-/}" ] || continue
        [ -x "${way:-/}" ] || ask_once "node-home-unknown: $way cannot be entered"
        return 1
    done
    return 1
}

# The path of a directory, all links followed; of a file, those of its directory.
real_directory() { (cd -P -- "$1" 2>/dev/null && pwd -P); }
real() {
    case $1 in */*) way=${1%/*} ;; *) way=. ;; esac
    way=$(real_directory "${way:-/}") && printf '%s/%s\n' "${way%/}" "${1##*/}"
}

# Asks about a file that is not an artifact of this name: a node or a loader could take it.
require_approved() {
    [ -f "$1" ] && digest "$1" && grep -E "^[^$TAB]*$TAB([^$TAB]*[/!])?$(pattern "$2")$TAB" "$t/needed" | grep -qF "\"sha256\":\"sha256:$sum\"" ||
        ask_once "binary-unknown: $1 is not an approved $2"
}

# Looks into one home, once: its database, configuration, cosmovisor, and databases of clients.
look_into() {
    tried="${tried:+$tried, }$1"
    there "$1" || return 0
    at=$(real_directory "$1") && [ -r "$at" ] || { ask_once "node-home-unknown: $1 cannot be looked into"; return 0; }
    case "$NL$homes$NL" in *"$NL$at$NL"*) return 0 ;; esac
    homes="$homes${homes:+$NL}$at" before=$asks
    : >"$t/config"
    for file in "$at/data/state.db" "$at/data/state"; do
        ! there "$file" || ask_once "genesis-stored-unread: $file: a node was started here, and only aztrust reads which genesis it stored"
    done
    for file in "$at" "$at/config"; do for ending in $CONFIGS; do
        there "$file/config.$ending" || continue
        [ "$file/config.$ending" = "$at/config/config.toml" ] && is_plain_config "$at/config/config.toml" ||
            ask_once "node-config-unread: $file/config.$ending: what it makes a node read"
    done; done
    none -i genesis_file "$t/config" && ! there "$at/config/genesis.json" || grep -qFx -e "$at/config/genesis.json" "$t/genesis.files" ||
        ask_once "genesis-file-elsewhere: a node of this home reads $at/config/genesis.json, which was not looked at"
    ! there "$at/cosmovisor" || ! there "$at/data/upgrade-info.json" || ask_once "upgrade-info-present: $at/data/upgrade-info.json"
    while IFS= read -r name; do
        file=$at/cosmovisor/genesis/bin/$name
        ! there "$at/cosmovisor/current" || file=$at/cosmovisor/current/bin/$name
        if there "$file"; then require_approved "$file" "$name"; continue; fi
        ! there "$at/cosmovisor/current" || ask_once "file-missing: $file: cosmovisor starts nothing else"
    done <"$t/programs"
    databases "$at"
    [ "$before" != "$asks" ] || say "state    ok  $at: no node was started here"
}

# A name as a pattern.
pattern() { printf '%s\n' "$1" | sed 's/[^A-Za-z0-9_/-]/[&]/g'; }

# Whether a config.toml leaves genesis, home and database where they are by default.
is_plain_config() {
    [ -f "$1" ] && [ -r "$1" ] && sed -E -e 's/^[[:space:]]+//' -e 's/[[:space:]]+$//' -e '/^#/d' "$1" >"$t/config" || return 1
    none -E '^[^=]*[\]' "$t/config" && grep -iE "(^|[^A-Za-z0-9_-])(genesis_file|home|db_dir)[\"']?[[:space:]]*=" "$t/config" |
        none -vE '^(genesis_file *= *"config/genesis\.json"|db_dir *= *"data")$'
}

# The databases of clients in a directory, and in each directory right below it.
databases() {
    for below in "$1" "$1"/* "$1"/.[!.]*; do
        [ -d "$below" ] || continue
        for place in $CLIENTS; do
            ! there "$below/$place" || ask_once "client-database-present: $below/$place: which genesis is in it is not known"
        done
    done
    [ ! -e "$1/chains" ] || [ -r "$1/chains" ] || ask_once "client-database-present: $1/chains"
    for below in "$1"/chains/* "$1"/chains/.[!.]*; do for place in db paritydb; do
        ! there "$below/$place" || ask_once "client-database-present: $below/$place: which genesis is in it is not known"
    done; done
}

# Every home that a node of this host may have: the one of --home, and those around what was named; without
# --home those that nodes and clients use by default.
judge_state() {
    cut -f1,2 "$t/needed" | cut -f2 | grep -vE "$LIBRARY\$" | sort -u >"$t/programs" || :
    while IFS= read -r file; do
        ! file=$(real "$file") || printf '%s\n' "$file"
    done <"$t/genesis.given" >"$t/genesis.files"
    homes='' tried=''
    [ -z "$home" ] || look_into "$home"
    while IFS= read -r given; do
        given=${given%/*}
        case $given in */config) look_into "${given%/*}" ;; esac
        for level in 1 2 3; do
            ! is_home "$given" || look_into "$given"
            given=${given%/*}
        done
    done <"$t/genesis.files"
    while IFS= read -r given; do
        case $given in /*) ;; *) given=$(pwd)/$given ;; esac
        case $given in */cosmovisor/*) look_into "${given%%/cosmovisor/*}" ;; esac
        ! given=$(real "$given") || case $given in */cosmovisor/*) look_into "${given%%/cosmovisor/*}" ;; esac
    done <"$t/binaries"
    if [ -z "$home" ]; then
        [ -z "${DAEMON_HOME-}" ] || look_into "$DAEMON_HOME"
        [ -z "${HOME-}" ] || while IFS= read -r program; do
            look_into "$HOME/.$program"
            look_into "$HOME/.${program%d}"
        done <"$t/programs"
        look_into_clients
    fi
    judge_environment
    judge_copies
    if [ -n "$homes" ]; then :; elif [ -n "$tried" ]; then say "state    no home of a node is here: no $tried; where it is elsewhere: --home DIR"
    else ask "node-home-unknown: what a node keeps was not looked at: --home DIR"; fi
}

# Whether a node or a client keeps its state in a directory.
is_home() {
    [ -n "$1" ] || return 1
    for place in data/state.db data/state config/config.toml $CLIENTS; do ! there "$1/$place" || return 0; done
    for place in "$1"/chains/*/db "$1"/chains/*/paritydb; do ! there "$place" || return 0; done
    return 1
}

# The default directories of clients, and of programs of this launch. Where none is there, nothing is stored.
look_into_clients() {
    set --
    [ -z "${HOME-}" ] || for place in $CLIENT_HOMES; do set -- "$@" "$HOME/$(printf '%s\n' "$place" | sed 's/Application_/Application /')"; done
    [ -z "${HOME-}" ] || set -- "$@" "$HOME"/.grandine/*/beacon
    for place in reth erigon teku lodestar; do [ -z "${XDG_DATA_HOME-}" ] || set -- "$@" "$XDG_DATA_HOME/$place"; done
    while IFS= read -r name; do
        [ -z "${XDG_DATA_HOME-}" ] || set -- "$@" "$XDG_DATA_HOME/$name"
        [ -z "${HOME-}" ] || set -- "$@" "$HOME/.local/share/$name" "$HOME/Library/Application Support/$name"
    done <"$t/programs"
    set -- "$@" "${BESU_DATA_PATH:-/opt/besu}" /opt/besu
    for place in "$@"; do ! there "$place" || databases "$place"; done
    [ -z "${XDG_CONFIG_HOME-}${HOME-}" ] || ! there "${XDG_CONFIG_HOME:-${HOME-}/.config}/aztrust/layouts.toml" ||
        ask "layouts.toml: where the files of this host are"
}

# The variables that make a node or a client use something else.
judge_environment() {
    export -p | sed -E -n 's/^[a-z -]+ ([A-Z][A-Z0-9_]*)=(.+)$/\1 \2/p' | sed -E "/ (''|\"\")\$/d" >"$t/environment"
    prefixes=$CLIENT_NAMES
    while IFS= read -r name; do
        name=$(printf '%s' "$name" | tr 'a-z' 'A-Z' | tr -c 'A-Z0-9' '_')
        prefixes="$prefixes|$name|${name%D}"
    done <"$t/programs"
    prefixes=$(printf '%s' "$prefixes" | sed -E 's/\|\||\|$/|CMT/g')
    none -qE "^(CMT|TM|DAEMON|$prefixes)_($(printf '%s' "$CHOICES" | tr '\n' '|')) [^ ]" "$t/environment" || ask "environment-overrides: $(
        grep -E "^(CMT|TM|DAEMON|$prefixes)_($(printf '%s' "$CHOICES" | tr '\n' '|')) " "$t/environment" | cut -d' ' -f1 | tr '\n' ' ')"
    none -E '^(LD_PRELOAD|LD_AUDIT|DYLD_INSERT_LIBRARIES) ' "$t/environment" || ask "environment-overrides: a library that every program loads: LD_PRELOAD, LD_AUDIT"
    grep -E "^((CMT|TM|DAEMON|$prefixes)_?HOME|DAEMON_NAME) " "$t/environment" >"$t/overrides" || :
    while read -r name value; do
        case $value in \'*\') value=${value#?}; value=${value%?} ;; \"*\") value=${value#?}; value=${value%?} ;; esac
        case $name,$value in
            *,) ;;
            DAEMON_NAME,*) grep -qFx -e "$value" "$t/programs" || ask "environment-overrides: DAEMON_NAME: cosmovisor starts $value" ;;
            *) [ "$(real_directory "$value" || :)" = "${homes%%"$NL"*}" ] && [ -n "$homes" ] || ask "environment-overrides: $name: the home $value" ;;
        esac
    done <"$t/overrides"
}

# Other files that a shell or a loader could take: another program on PATH is named, another library is not
# a copy of the approved one.
judge_copies() {
    while IFS= read -r name; do
        file=$(command -v -- "$name" 2>/dev/null) || continue
        case $file in /*) ;; *) continue ;; esac
        [ -f "$file" ] && digest "$file" && grep -qF "\"sha256:$sum\"" "$t/matched" || say "others   another $name is on PATH, and was not compared: $file"
    done <"$t/programs"
    cut -f2 "$t/needed" | grep -E "$LIBRARY\$" | sed 's;.*[/!];;' | sort -u >"$t/libraries" || :
    { while IFS= read -r file; do case $file in */*) printf '%s\n' "${file%/*}" ;; *) echo . ;; esac; done <"$t/binaries"
        printf '%s\n' "${LD_LIBRARY_PATH-}" | tr ':' '\n'
        printf '%s\n' "$homes" | sed '/./s;$;/lib;'
        printf '%s\n' /usr/local/lib /usr/lib /usr/lib64 /lib /lib64; } | sed '/^$/d' | sort -u >"$t/loaded"
    while IFS= read -r name; do
        while IFS= read -r file; do
            ! there "$file/$name" || require_approved "$file/$name" "$name"
        done <"$t/loaded"
    done <"$t/libraries"
}

# ---- main ----------------------------------------------------------------------------------------

binary='' genesis_file='' want='' anchor='' platform='' roles='' home='' option=''
for word in "$@"; do
    if [ -z "$option" ]; then
        option=$word
        case $option in
            --help|-h) sed -n '2,10s/^# \{0,1\}//p' "$0"; ended=yes; exit 0 ;;
            --binary|--genesis|--role|--scope|--anchor|--platform|--home) ;;
            *) usage "unknown option $option" ;;
        esac
        continue
    fi
    [ -n "$word" ] || usage "$option wants a value"
    case $option in
        --binary) binary=$word ;;
        --genesis) genesis_file=$word ;;
        --role) case $word in *[!a-z0-9._-]*) usage "$option wants a role's name" ;; esac; roles="${roles:+$roles }$word" ;;
        --scope) once "$want"; typed "$option" "$word"; want=$hex ;;
        --anchor) once "$anchor"; typed "$option" "$word"; anchor=$hex ;;
        --platform) once "$platform"; platform=$word ;;
        --home) once "$home"; home=$word; case $home in -*) home=./$home ;; esac; [ -d "$home" ] || usage "$option wants the directory of a node" ;;
    esac
    option=''
done
[ -z "$option" ] || usage "$option wants a value"
[ -n "$binary$genesis_file" ] || usage "--binary FILE and --genesis FILE say what to look at"
if [ -z "$platform" ]; then
    platform=$(uname -s | tr 'A-Z' 'a-z')/$(uname -m | sed -e 's/^x86_64$/amd64/' -e 's/^aarch64$/arm64/' \
        -e 's/^armv.*/arm/' -e 's/^loongarch64$/loong64/' -e 's/^i[3-6]86$/386/')
fi
case $platform in
    *[!a-z0-9_/]* | /* | */ | *//* | */*/*/*) platform='' ;;
    */*) ;;
    *) platform='' ;;
esac
[ -n "$platform" ] || usage "--platform wants OS/ARCH, for instance linux/amd64"
kit=$(dirname -- "$0")
case $kit in -*) kit=./$kit ;; esac
[ -f "$kit/manifests/launch.toml" ] || kit=.
regular "$kit/manifests/launch.toml" || cannot "no manifests/launch.toml here: unpack the kit (tar -xf KIT) and run check.sh in it"
t=$(mktemp -d) || cannot "mktemp cannot make a directory: check the free space and the permissions of ${TMPDIR:-/tmp}"
: >"$t/seals"; : >"$t/votes"; : >"$t/approvals"; : >"$t/looked"; : >"$t/matched"; : >"$t/genesis.looked"; : >"$t/genesis.given"; : >"$t/binaries"
: >"$t/keepers"; : >"$t/heads"; : >"$t/turns"; : >"$t/leaves"; : >"$t/cites"; : >"$t/considered"

digest "$kit/manifests/launch.toml" || cannot "SHA-256 of manifests/launch.toml failed: install sha256sum or shasum, and make the file readable"
policy=$sum
if [ -z "$anchor" ]; then :; elif [ "$anchor" = "$policy" ]; then say "anchor   ok"; else
    failed=yes
    say "anchor   anchor-mismatch  manifests/launch.toml"
    say "  have   sha256:$policy"
    say "  need   sha256:$anchor"
fi
read_policy || { : >"$t/policy"; : >"$t/holders"; : >"$t/roles"; ask "the policy is written in a way that only aztrust reads"; }
judge_policy
read_manifest release || cannot "manifests/release.json is missing or not in its canonical form"
release=$id of_release=$chain,$class
read_manifest genesis || cannot "manifests/genesis.json is missing or not in its canonical form"
genesis=$id
genesis_hash=$(sed -E -n "s/.*\"genesis_hash\":\\{$B,\"convention\":\"raw\",\"sha256\":\"sha256:($H)\"\\}.*/\\1/p" "$t/genesis.tail")
[ -n "$genesis_hash" ] || cannot "manifests/genesis.json is not in its canonical form"
scope=$(printf '{"chain_id":"%s","genesis_hash":"sha256:%s","genesis_package_id":"sha256:%s","network_class":"%s","policy_digest":"sha256:%s","release_package_id":"sha256:%s","schema":"aztrust/scope","version_major":1,"version_minor":0}' \
    "$chain" "$genesis_hash" "$genesis" "$class" "$policy" "$release" | sha256)
if [ -z "$want" ]; then :; elif [ "$want" = "$scope" ]; then say "scope    ok"; else
    failed=yes
    say "scope    scope-mismatch  manifests/"
    say "  have   sha256:$scope"
    say "  need   sha256:$want"
fi
fits="\"platform\":\"($platform(/[a-z0-9]+)?|any)\""
read_needed
read_geneses
for word in "$@"; do
    case $option in --binary) judge_binary "$word" ;; --genesis) judge_genesis "$word" ;; esac
    if [ -z "$option" ]; then option=$word; else option=''; fi
done
ask_for_the_rest
judge_state

[ "$chain,$class" = "$of_release" ] && [ "$chain,$class" = "$(of launch.chain_id),$(of launch.network_class)" ] ||
    ask "chain-id-mismatch or network-class-mismatch between the policy and the manifests"
grep -q "\"release_package_id\":\"sha256:$release\"" "$t/genesis.tail" || ask "the genesis is for another release"
for class in release genesis; do sound $class || ask "manifests/$class.json has a form that this script does not read"; done
signatures=yes
command -v openssl >/dev/null 2>&1 || signatures=no
for file in manifests manifests/records manifests/verdicts keys; do
    [ ! -h "$kit/$file" ] || ask "$file: a link, and a kit has no links"
done
for file in "$kit"/manifests/* "$kit"/manifests/.[!.]* "$kit"/records/* "$kit"/keys/* "$kit"/keys/.[!.]* "$kit"/manifests/*/* "$kit"/manifests/*/.[!.]* "$kit"/manifests/*/*/*; do
    case ${file#"$kit"/} in manifests/verdicts/[!.]*/*) ;; manifests/verdicts/[!.]*.dsse.json | manifests/verdicts/[!.]*.sigstore.json) continue ;;
        manifests/records/[!.]* | manifests/ledger/tile/* | manifests/provenance/*.sigstore.json | keys/[!.]*.pem) continue ;; esac
    ! { [ -f "$file" ] && grep -q '"payloadType"' "$file"; } || ask "$file: a signed record where none is read"
done
if [ $signatures = yes ]; then
    read_keys
    # With a ledger, a record or verdict counts once it is in it.
    read_order
    for file in "$kit"/manifests/records/*; do
        [ -e "$file" ] || [ -h "$file" ] || continue
        if ! read_record "$file"; then
            ask "$file: $(only_aztrust)"
            is_here record
        elif ! is_logged record; then ask "$file: not in the ledger"; fi
    done
    [ -z "$(of ledger.max_head_age)" ] || ask "records-fresh: how old the ledger's head may be"
    for class in release genesis; do
        is_sealed $class "$(id_of $class)" || ask "seal-missing, or there is another seal: $class"
        number=$(of approvals.$class.distinct_holders)
        met $class "${number:-1000}" "$(of approvals.$class.roles)" || ask "threshold-unmet: $class"
        say "approved $class: $(sed -n "s/^$class //p" "$t/approvals" | sort -u | wc -l | tr -d ' ') keys; only aztrust judges thresholds, roles and separation"
    done
    for file in "$kit"/manifests/verdicts/*.dsse.json; do
        [ -e "$file" ] || [ -h "$file" ] || continue
        if ! read_verdict "$file"; then
            ask "$file: not a freeze of this scope that this script can read"
            is_here verdict
        elif ! is_logged verdict; then ask "$file: not in the ledger"; fi
    done
    judge_ledger
    if without_freeze; then say "frozen   none: $(of freeze.not_applicable)"
    elif met verdict 1 "$(of verdicts.roles)"; then say "frozen   ok"; else say "frozen   freeze-missing"; ask "freeze-missing"; fi
fi
printf '%s\n' "$scope" | sed 's/..../& /g' >"$t/aloud"
say "scope    $(cat "$t/aloud")"

# The first line is the answer. Only this last line exits with 0.
if [ -n "$failed" ]; then head='DO NOT START THIS HOST' code=10
elif [ -n "$withheld" ]; then head='COULD NOT CHECK: records of the ledger are withheld, and one may be a revocation; do not start' code=1
elif [ $signatures = no ]; then head='MATCH, BUT NO SIGNATURE COULD BE CHECKED: there is no openssl here' code=1
elif [ -z "$want$anchor" ]; then head='MATCH, BUT WITH WHAT? Neither --scope nor --anchor was given' code=12
elif [ -n "$asks" ]; then head='MATCH, BUT ASK AZTRUST BEFORE YOU START' code=11
# A scope that was frozen anew has the same anchor: only the scope tells its kits apart.
elif [ -z "$want" ]; then head='MATCH, BUT THIS KIT MAY BE OUTDATED: compare the scope below by ear, and give it with --scope' code=12
elif without_freeze; then head="MATCH    the approved binary and genesis of $chain; its policy has no freeze" code=0
else head="MATCH    the approved and frozen binary and genesis of $chain" code=0; fi
printf '%s\n%s%s' "$(show "$head")" "$report" "$asks"
ended=yes
exit $code
