// azlive is a CometBFT node with a small application in the same process. The tests run networks of
// it: its state begins with the app_state of the genesis, as that of a Cosmos SDK chain does, so
// that nodes with two genesis files part at the first block.
//
// Faults are asked for by environment variables:
//
//	AZLIVE_DIVERGE_AT=N   from height N on, this node computes another application hash
//	AZLIVE_SLOW=1.5s      every block takes this node so much longer
//
// With AZLIVE_TIED=1 the node ends when its standard input ends: a pipe from the process that started
// it, so that no node is left behind by one that was killed.
package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sort"
	"strconv"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cometbft/cometbft/cmd/cometbft/commands"
	"github.com/cometbft/cometbft/config"
	"github.com/cometbft/cometbft/libs/cli"
	"github.com/cometbft/cometbft/libs/log"
	"github.com/cometbft/cometbft/node"
	"github.com/cometbft/cometbft/p2p"
	"github.com/cometbft/cometbft/privval"
	"github.com/cometbft/cometbft/proxy"
)

// faults are what a test makes this node do wrong.
type faults struct {
	divergeAt int64
	slow      time.Duration
}

func faultsOf(get func(string) string) (faults, error) {
	var found faults
	var err error
	if text := get("AZLIVE_DIVERGE_AT"); text != "" {
		if found.divergeAt, err = strconv.ParseInt(text, 10, 64); err != nil {
			return found, fmt.Errorf("AZLIVE_DIVERGE_AT: %w", err)
		}
	}
	if text := get("AZLIVE_SLOW"); text != "" {
		if found.slow, err = time.ParseDuration(text); err != nil {
			return found, fmt.Errorf("AZLIVE_SLOW: %w", err)
		}
	}
	return found, nil
}

// ledger keeps `key=value` transactions in memory. After a restart CometBFT replays its blocks.
type ledger struct {
	abci.BaseApplication
	faults faults
	origin [sha256.Size]byte // of the genesis' app_state
	pairs  map[string]string
	height int64
	root   []byte
}

func (l *ledger) Info(context.Context, *abci.RequestInfo) (*abci.ResponseInfo, error) {
	return &abci.ResponseInfo{Data: "azlive", LastBlockHeight: l.height, LastBlockAppHash: l.root}, nil
}

func (l *ledger) InitChain(_ context.Context, request *abci.RequestInitChain) (*abci.ResponseInitChain, error) {
	// By value and not by bytes: after a restart CometBFT hands over its own writing of them.
	var state any
	if err := json.Unmarshal(request.AppStateBytes, &state); err != nil {
		return nil, fmt.Errorf("app_state: %w", err)
	}
	canonical, err := json.Marshal(state)
	if err != nil {
		return nil, err
	}
	l.origin = sha256.Sum256(canonical)
	l.pairs = map[string]string{}
	// What a Cosmos SDK chain answers here, whatever its app_state: the hash of an empty store.
	empty := sha256.Sum256(nil)
	return &abci.ResponseInitChain{AppHash: empty[:]}, nil
}

func pairOf(tx []byte) (key, value string, ok bool) {
	before, after, found := bytes.Cut(tx, []byte("="))
	return string(before), string(after), found && len(before) > 0
}

func (l *ledger) CheckTx(_ context.Context, request *abci.RequestCheckTx) (*abci.ResponseCheckTx, error) {
	if _, _, ok := pairOf(request.Tx); !ok {
		return &abci.ResponseCheckTx{Code: 1, Log: "a transaction is key=value"}, nil
	}
	return &abci.ResponseCheckTx{}, nil
}

func (l *ledger) FinalizeBlock(_ context.Context, block *abci.RequestFinalizeBlock) (*abci.ResponseFinalizeBlock, error) {
	time.Sleep(l.faults.slow)
	results := make([]*abci.ExecTxResult, len(block.Txs))
	for i, tx := range block.Txs {
		results[i] = &abci.ExecTxResult{}
		if key, value, ok := pairOf(tx); ok {
			l.pairs[key] = value
		} else {
			results[i].Code = 1
		}
	}
	l.height = block.Height
	l.root = l.hash()
	return &abci.ResponseFinalizeBlock{TxResults: results, AppHash: l.root}, nil
}

func (l *ledger) hash() []byte {
	sum := sha256.New()
	sum.Write(l.origin[:])
	keys := make([]string, 0, len(l.pairs))
	for key := range l.pairs {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	for _, key := range keys {
		fmt.Fprintf(sum, "%q=%q\n", key, l.pairs[key])
	}
	if l.faults.divergeAt > 0 && l.height >= l.faults.divergeAt {
		binary.Write(sum, binary.BigEndian, l.height)
	}
	return sum.Sum(nil)
}

func run(settings *config.Config, logger log.Logger) (*node.Node, error) {
	wrong, err := faultsOf(os.Getenv)
	if err != nil {
		return nil, err
	}
	key, err := p2p.LoadOrGenNodeKey(settings.NodeKeyFile())
	if err != nil {
		return nil, err
	}
	return node.NewNode(
		settings,
		privval.LoadOrGenFilePV(settings.PrivValidatorKeyFile(), settings.PrivValidatorStateFile()),
		key,
		proxy.NewLocalClientCreator(&ledger{faults: wrong, pairs: map[string]string{}}),
		node.DefaultGenesisDocProviderFunc(settings),
		config.DefaultDBProvider,
		node.DefaultMetricsProvider(settings.Instrumentation),
		logger,
	)
}

func endWithStdin() {
	_, _ = io.Copy(io.Discard, os.Stdin)
	os.Exit(1)
}

func main() {
	if os.Getenv("AZLIVE_TIED") != "" {
		go endWithStdin()
	}
	root := commands.RootCmd
	root.Use, root.Short = "azlive", "A CometBFT node for tests"
	root.AddCommand(
		commands.ShowNodeIDCmd,
		commands.VersionCmd,
		commands.NewRunNodeCmd(run),
	)
	// The home folder is always given by --home; without it nothing of the user's is touched.
	if err := cli.PrepareBaseCmd(root, "CMT", os.DevNull).Execute(); err != nil {
		os.Exit(1)
	}
}
