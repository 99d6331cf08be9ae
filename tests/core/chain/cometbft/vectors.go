// Writes vectors.json, which test_hashes.py reads. In a module that requires
// github.com/cometbft/cometbft v1.0.1: go run vectors.go > vectors.json
// For v0.38.26 the package of api/ is proto/tendermint/version.
package main

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"time"

	cmtversion "github.com/cometbft/cometbft/api/cometbft/version/v1"
	"github.com/cometbft/cometbft/crypto/ed25519"
	cmtjson "github.com/cometbft/cometbft/libs/json"
	"github.com/cometbft/cometbft/types"
)

func up(b []byte) string { return fmt.Sprintf("%X", b) }
func h(n byte) []byte {
	b := make([]byte, 32)
	for i := range b {
		b[i] = n + byte(i)
	}
	return b
}

func main() {
	out := map[string]any{}
	// validator sets
	powers := [][]int64{{1}, {1, 2}, {5, 5, 1}, {100, 102, 101, 103}, {1 << 40, 7, 7, 300, 127, 128, 9}}
	var sets []any
	var vset *types.ValidatorSet
	var privs []ed25519.PrivKey
	for _, ps := range powers {
		var vs []*types.Validator
		var js []any
		privs = nil
		for i, p := range ps {
			k := ed25519.GenPrivKeyFromSecret([]byte(fmt.Sprint(len(ps), i)))
			privs = append(privs, k)
			v := types.NewValidator(k.PubKey(), p)
			vs = append(vs, v)
			js = append(js, map[string]any{"address": v.Address.String(), "key": hex.EncodeToString(k.PubKey().Bytes()), "power": p})
		}
		vset = types.NewValidatorSet(vs)
		sets = append(sets, map[string]any{"validators": js, "hash": up(vset.Hash())})
	}
	out["sets"] = sets
	var params []any
	for _, x := range [][2]int64{{22020096, -1}, {1, 1}, {-1, 0}, {1048576, 40000000}} {
		p := types.DefaultConsensusParams()
		p.Block.MaxBytes, p.Block.MaxGas = x[0], x[1]
		params = append(params, map[string]any{"max_bytes": x[0], "max_gas": x[1], "hash": up(p.Hash())})
	}
	out["params"] = params
	var commits []any
	for i, c := range []struct {
		height int64
		round  int32
		app    uint64
		ns     int
		sec    int64
		chain  string
	}{{1, 0, 0, 0, 1795996439, "azlive-1"}, {7, 3, 1, 319000000, 1795996439, "x"}, {1 << 33, 130, 300, 999999999, 100, "länge-9"}, {2, 1, 0, 5, -5, "b"}} {
		hd := types.Header{
			Version: cmtversion.Consensus{Block: 11, App: c.app}, ChainID: c.chain, Height: c.height,
			Time:           time.Unix(c.sec, int64(c.ns)).UTC(),
			LastCommitHash: h(1), DataHash: h(2), ValidatorsHash: vset.Hash(), NextValidatorsHash: h(4),
			ConsensusHash: h(5), AppHash: []byte{}, LastResultsHash: h(6), EvidenceHash: h(7), ProposerAddress: vset.Validators[0].Address,
		}
		if i > 0 {
			hd.AppHash = h(9)[:8+i]
			hd.LastBlockID = types.BlockID{Hash: h(20), PartSetHeader: types.PartSetHeader{Total: uint32(i * 100), Hash: h(21)}}
		}
		id := types.BlockID{Hash: hd.Hash(), PartSetHeader: types.PartSetHeader{Total: uint32(i*200 + 1), Hash: h(22)}}
		commit := &types.Commit{Height: c.height, Round: c.round, BlockID: id}
		var sb []string
		for j, v := range vset.Validators {
			cs := types.CommitSig{BlockIDFlag: types.BlockIDFlagCommit, ValidatorAddress: v.Address, Timestamp: time.Unix(1795996440+int64(j), int64(j*77)).UTC()}
			if j == 2 {
				cs = types.NewCommitSigAbsent()
			}
			if j == 3 {
				cs.BlockIDFlag = types.BlockIDFlagNil
			}
			commit.Signatures = append(commit.Signatures, cs)
		}
		for j := range commit.Signatures {
			if commit.Signatures[j].BlockIDFlag == types.BlockIDFlagAbsent {
				continue
			}
			m := commit.VoteSignBytes(c.chain, int32(j))
			sb = append(sb, base64.StdEncoding.EncodeToString(m))
			for _, k := range privs {
				if string(k.PubKey().Address()) == string(commit.Signatures[j].ValidatorAddress) {
					s, err := k.Sign(m)
					if err != nil {
						panic(err)
					}
					commit.Signatures[j].Signature = s
				}
			}
		}
		sh := types.SignedHeader{Header: &hd, Commit: commit}
		commits = append(commits, map[string]any{"signed_header": json.RawMessage(encode(sh)), "sign_bytes": sb})
	}
	out["commits"] = commits
	enc := json.NewEncoder(os.Stdout)
	enc.SetIndent("", " ")
	enc.Encode(out)
}

func encode(v any) []byte {
	b, err := cmtjson.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}
