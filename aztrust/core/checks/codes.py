"""Finding codes that several checks answer with: one text for each, whichever check finds it."""

from __future__ import annotations

from aztrust.core.base.findings import Guidance, Locus, Status
from aztrust.core.checks.check import Code
from aztrust.core.host.platforms import CODE

FILE_MODIFIED = Code(
    "file-modified",
    "A file's bytes are not the sealed ones.",
    "Put the sealed file back; if the change is wanted, seal and approve the package again.",
)
DIGEST_CONFLICT = Code(
    "digest-conflict",
    "One of a file's two digests is the sealed one and the other is not.",
    "Treat the manifest as forged and seal the package again from its source.",
)
CHANGED_WHILE_READING = Code(
    "changed-while-reading",
    "A file changed, or was replaced, while it was being hashed.",
    "Find out who is writing there, then verify again.",
    guidance=Guidance.HOLD,
)
KEY_MISSING = Code(
    "key-missing",
    "A key that the policy lists is in no file of keys/, so what it signed cannot be checked.",
    "Put the holder's public key back.",
    guidance=Guidance.HOLD,
)
RECORD_UNKNOWN = Code(
    "record-unknown",
    "A holder signed a record of a kind or version this aztrust does not know.",
    "Use a newer aztrust: it may be a revocation.",
    status=Status.ERROR,
)
SIGNER_NOT_IN_ROLE = Code(
    "signer-not-in-role",
    "A holder signed something that its roles do not let it sign; it does not count.",
    "Ask a holder of the role.",
)
SUPERSEDED = Code(
    "superseded",
    "The package was replaced by another one, or is about to be.",
    "Use the newer package; seal and approve the successor, or withdraw the supersession.",
)
APPROVAL_REVOKED = Code(
    "approval-revoked",
    "A seal or an approval of this package was revoked by its signer or a revocation role.",
    "The same holder looks again and gives a fresh one.",
)
KEY_REVOKED = Code(
    "key-revoked",
    "A seal or an approval was signed with a key that has been revoked since.",
    "The holder signs again with a key that is not revoked.",
)
FREEZE_MISSING = Code(
    "freeze-missing",
    "No freeze of this scope is recorded, or not by all who must sign it.",
    "Freeze the scope once everything is approved; of a kit, download the current one.",
    unfinished=True,
)
SCOPE_INVALIDATED = Code(
    "scope-invalidated",
    "The scope was ended for good, by a final check or an abort.",
    "Seal a changed package, have it approved, and freeze the new scope.",
    guidance=Guidance.ABORT,
)
LESSONS_LATE = Code(
    "lessons-late",
    "A list of testnet lessons came after a final check of its window had passed; it counts"
    " nowhere.",
    "Fix the lessons when the next window opens: aztrust lessons FILE.",
    status=Status.NOT_RUN,
)
PLAN_LATE = Code(
    "checklist-plan-late",
    "A plan came after a final check of its window had passed; it counts nowhere.",
    "Fix the plan when the next window opens: aztrust checklist plan FILE.",
    status=Status.NOT_RUN,
)
NOT_FOUND = Code(
    "host-file-not-found",
    "A file that this host has to have was neither named nor found where hosts keep them.",
    "Name it: --binary [ROLE=]FILE, --genesis [NAME=]FILE, or --home DIR.",
    status=Status.NOT_RUN,
)
KIT_OUTDATED = Code(
    "kit-outdated",
    "Neither the scope that was read aloud nor a young ledger head shows that this kit is"
    " the current one.",
    "Fetch the current kit, or give the announced scope with --scope.",
    status=Status.NOT_RUN,
    locus=Locus.HOST,
)
ANCHOR_MISMATCH = Code(
    "anchor-mismatch",
    "The policy is not the one whose digest was given or pinned.",
    "Get the launch directory or the anchor from its source again.",
)
ANCHOR_UNPINNED = Code(
    "anchor-unpinned",
    "Nothing was given or pinned that says which policy is the announced one.",
    "Pass --anchor, or pin it once: aztrust anchor add HEX.",
    status=Status.NOT_RUN,
)
SCOPE_MISMATCH = Code(
    "scope-mismatch",
    "Packages and policy make up another scope than the one given.",
    "Get the launch directory or the scope hash from its source again.",
)
KEY_MALFORMED = Code(
    "key-malformed",
    "A file in keys/ is not one public key in its one encoding.",
    "Fetch the file again from its holder.",
    guidance=Guidance.HOLD,
)
RECORD_MALFORMED = Code(
    "record-malformed",
    "A file among the records is not a well-formed record.",
    "Remove the file and ask its signer for the record again.",
    guidance=Guidance.HOLD,
)
SIGNATURE_INVALID = Code(
    "signature-invalid",
    "A record was changed after it was signed, or never was signed by the key it names.",
    "Remove the file and ask its signer for the record again.",
    guidance=Guidance.HOLD,
)
PATH_UNSAFE = Code(
    "path-unsafe",
    "A name that is absolute, leaves the package, is not UTF-8 or reads in two ways.",
    "Rename it and seal the package again.",
)
PATH_COLLISION = Code(
    "path-collision",
    "Two names that are one name on a system that ignores case or Unicode form.",
    "Rename one of them and seal the package again.",
)
LINK_ESCAPES = Code(
    "link-escapes",
    "A symbolic link whose target is outside the package.",
    "Replace the link by what it points to, and seal the package again.",
)
CHAIN_ID_MISMATCH = Code(
    "chain-id-mismatch",
    "A chain id differs between policy, manifest and genesis.",
    "Use the files of this launch; compare the chain ids character by character.",
)
FILE_MISSING = Code(
    "file-missing",
    "A sealed entry, or a file that was named on this host, is not there.",
    "Put the sealed entry back; on a host, name the file that is there.",
)
FILE_UNLISTED = Code(
    "file-unlisted",
    "The package contains something that the manifest does not list.",
    "Remove it, or seal and approve the package again.",
    guidance=Guidance.HOLD,
)
MODE_CHANGED = Code(
    "mode-changed",
    "A file's execute bit is not the sealed one, or it has a set-id or sticky bit.",
    "chmod u-s,g-s,-t removes set-id and sticky bits; to set execute bits: aztrust restore.",
)
KIND_CHANGED = Code(
    "kind-changed",
    "A file, link or directory was sealed, and something of another kind is there.",
    "Put the sealed entry back.",
)
LINK_CHANGED = Code(
    "link-changed",
    "A symbolic link points elsewhere than when it was sealed.",
    "Set the link to its sealed target.",
)
SPECIAL_FILE = Code(
    "special-file",
    "A device, fifo, socket or mount point is where a file belongs.",
    "Remove it; on a host, name a regular file.",
)
MOUNT_CROSSING = Code(
    "mount-crossing",
    "Another file system is mounted inside the package.",
    "Unmount it and put the package on one file system.",
)
UNREADABLE = Code(
    "unreadable",
    "Something in the package, or a file of this host, cannot be read.",
    "Give the user who verifies the right to read it.",
    guidance=Guidance.HOLD,
)
LEDGER_INCONSISTENT = Code(
    "ledger-inconsistent",
    "The ledger here is not whole, not this launch's, or lacks what a head covers.",
    "Get the ledger again (git pull, another kit); keep this copy as evidence.",
    guidance=Guidance.HOLD,
)
LEDGER_EQUIVOCATION = Code(
    "ledger-equivocation",
    "The keeper signed two heads that cannot be heads of one log.",
    "Keep both notes: they are the proof. No further step rests on this ledger.",
    guidance=Guidance.HOLD,
)
GENESIS_HASH_MISMATCH = Code(
    "genesis-hash-mismatch",
    "A genesis hash that was sealed, published or announced belongs to another file.",
    "Find out which file was announced before anyone installs one.",
)
GENESIS_MALFORMED = Code(
    "genesis-malformed",
    "The genesis file is not a document that can be read in exactly one way.",
    "Write it again with the chain's own tool: no duplicate keys, no BOM, valid UTF-8.",
)
BINARY_UNKNOWN = Code(
    "binary-unknown",
    "The binary on this host is none of the approved artifacts for its platform.",
    "Install the approved artifact, or what its archive holds.",
)
PLATFORM_MISMATCH = Code(
    CODE,
    "A program's own header names another platform than the one declared for it.",
    "Put the file for the declared platform there, or correct the artifact's platform; seal again.",
)
DRIFT = Code(
    "drift-after-freeze",
    "Something that was frozen is not what it was.",
    "Put the frozen bytes back; a wanted change needs a new scope, after a DEFER.",
)

INTEGRITY_CODES = (
    FILE_MODIFIED,
    DIGEST_CONFLICT,
    CHANGED_WHILE_READING,
    FILE_MISSING,
    FILE_UNLISTED,
    MODE_CHANGED,
    KIND_CHANGED,
    LINK_CHANGED,
    SPECIAL_FILE,
    MOUNT_CROSSING,
    UNREADABLE,
    PATH_UNSAFE,
    PATH_COLLISION,
    LINK_ESCAPES,
)
"""What a comparison of a package with its manifest can find, in the order of its page."""

HOST_FILE_CODES = (
    NOT_FOUND,
    FILE_MISSING,
    UNREADABLE,
    SPECIAL_FILE,
    CHANGED_WHILE_READING,
    DIGEST_CONFLICT,
)
"""Why a file of this host was not found or not read, or is a forgery."""
