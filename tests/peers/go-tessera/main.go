// Command go-tessera appends entries to a log of Tessera's POSIX storage, as a server built on it would
// under so many concurrent callers, and says how many entries a second became durable.
//
// An entry counts when its IndexFuture resolves. For this storage that is once its bundle, its tiles and
// the tree's new state are written and synced, all of it in the same step. The checkpoint follows on its
// own clock, which nobody waits for here: waiting for it as well could only be slower.
//
// Callers who wait for their answer never fill a batch of more entries than there are callers: then each
// waits until the batch has reached its greatest age. So beside Tessera's default this measures batches of
// as many entries as there are callers, of half as many, and of an age that hardly anybody waits for. Each
// setting has a log of its own; the best one counts.
package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/storage/posix"
	"golang.org/x/mod/sumdb/note"
)

// setting is how entries are gathered into batches.
type setting struct {
	BatchSize uint    `json:"batch_size"`
	BatchAge  float64 `json:"batch_age_ms"`
	Default   bool    `json:"default"`
}

// run is what one setting gave.
type run struct {
	setting
	Entries int64   `json:"entries"`
	Seconds float64 `json:"seconds"`
	Rate    float64 `json:"entries_per_second"`
}

// report is what this program prints.
type report struct {
	Version string  `json:"tessera"`
	Callers int     `json:"callers"`
	Runs    []run   `json:"runs"`
	Best    float64 `json:"entries_per_second"`
}

func main() {
	entriesFile := flag.String("entries", "", "file with one entry a line")
	folder := flag.String("folder", "", "folder for the logs, on the disk to be measured")
	callers := flag.Int("callers", 64, "callers at a time, each waiting for its entry")
	limit := flag.Duration("limit", 5*time.Second, "longest time of one run")
	size := flag.Uint("batch-size", 0, "measure only batches of so many entries")
	age := flag.Duration("batch-age", tessera.DefaultBatchMaxAge, "with -batch-size: their greatest age")
	flag.Parse()

	data, err := os.ReadFile(*entriesFile)
	if err != nil {
		log.Fatal(err)
	}
	entries := bytes.Split(bytes.TrimSuffix(data, []byte("\n")), []byte("\n"))
	if *callers < 1 || len(entries) < *callers {
		log.Fatalf("%d entries are too few for %d callers", len(entries), *callers)
	}
	all := uint(*callers)
	settings := []setting{
		{tessera.DefaultBatchMaxSize, milliseconds(tessera.DefaultBatchMaxAge), true},
		{all, 50, false},
		{all, 2, false},
		{max(all/2, 1), 2, false},
		{tessera.DefaultBatchMaxSize, 1, false},
	}
	if *size > 0 {
		isDefault := *size == tessera.DefaultBatchMaxSize && *age == tessera.DefaultBatchMaxAge
		settings = []setting{{*size, milliseconds(*age), isDefault}}
	}
	out := report{Version: tesseraVersion(), Callers: *callers}
	for i, s := range settings {
		r, err := measure(filepath.Join(*folder, fmt.Sprintf("log-%d", i)), entries, *callers, s, *limit)
		if err != nil {
			log.Fatal(err)
		}
		out.Runs = append(out.Runs, r)
		out.Best = max(out.Best, r.Rate)
	}
	if err := json.NewEncoder(os.Stdout).Encode(out); err != nil {
		log.Fatal(err)
	}
}

// measure appends entries to a new log until all are in or the time is over.
func measure(folder string, entries [][]byte, callers int, s setting, limit time.Duration) (run, error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	driver, err := posix.New(ctx, posix.Config{Path: folder})
	if err != nil {
		return run{}, err
	}
	skey, _, err := note.GenerateKey(rand.Reader, "keyward.example/bench")
	if err != nil {
		return run{}, err
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		return run{}, err
	}
	options := tessera.NewAppendOptions().
		WithCheckpointSigner(signer).
		WithBatching(s.BatchSize, time.Duration(s.BatchAge*float64(time.Millisecond)))
	// Not shut down: that waits for the next checkpoint, which may be seconds away.
	appender, _, _, err := tessera.NewAppender(ctx, driver, options)
	if err != nil {
		return run{}, err
	}

	var next, durable atomic.Int64
	failures := make(chan error, callers)
	var group sync.WaitGroup
	start := time.Now()
	for range callers {
		group.Add(1)
		go func() {
			defer group.Done()
			for time.Since(start) < limit {
				i := next.Add(1) - 1
				if i >= int64(len(entries)) {
					return
				}
				if err := add(ctx, appender, entries[i]); err != nil {
					failures <- err
					return
				}
				durable.Add(1)
			}
		}()
	}
	group.Wait()
	elapsed := time.Since(start)
	close(failures)
	for err := range failures {
		return run{}, err
	}
	return run{s, durable.Load(), elapsed.Seconds(), float64(durable.Load()) / elapsed.Seconds()}, nil
}

// add waits until an entry is durable. The storage pushes back when too many are waiting.
func add(ctx context.Context, appender *tessera.Appender, entry []byte) error {
	for {
		_, err := appender.Add(ctx, tessera.NewEntry(entry))()
		if !errors.Is(err, tessera.ErrPushback) {
			return err
		}
		time.Sleep(time.Millisecond)
	}
}

// tesseraVersion is the version of the module that this program was built with.
func tesseraVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, module := range info.Deps {
			if module.Path == "github.com/transparency-dev/tessera" {
				return module.Version
			}
		}
	}
	return "unknown"
}

func milliseconds(d time.Duration) float64 {
	return float64(d) / float64(time.Millisecond)
}
