// Command go-log reads and makes logs with Go's own golang.org/x/mod/sumdb/note and tlog, the
// implementation behind sum.golang.org, so that Keyward's log is judged by somebody else's code. What those
// don't know, proof files and cosignatures, is read by github.com/transparency-dev/formats.
//
// It reads requests from standard input, one JSON object a line, and answers each but "append" with one
// line. It keeps one log in memory, which "append" grows; requests whose names start with "folder" are about
// a log in a folder instead.
package main

import (
	"bufio"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// request is any of the requests; each uses the fields it needs.
type request struct {
	Op    string   `json:"op"`
	Body  string   `json:"body"`
	Vkey  string   `json:"vkey"`
	Note  string   `json:"note"`
	Name  string   `json:"name"`
	Text  string   `json:"text"`
	Index int64    `json:"index"`
	Size1 int64    `json:"size1"`
	Size2 int64    `json:"size2"`
	Root1 string   `json:"root1"`
	Root2 string   `json:"root2"`
	Leaf  string   `json:"leaf"`
	Proof []string `json:"proof"`
	// Folder is a tlog-tiles folder, and Note in its requests an earlier checkpoint of the same log.
	Folder string `json:"folder"`
	// Witness is the verifier key of a witness.
	Witness string `json:"witness"`
}

// answer is what comes back: an error, or what was asked for.
type answer struct {
	Error  string   `json:"error,omitempty"`
	Origin string   `json:"origin,omitempty"`
	Size   int64    `json:"size"`
	Root   string   `json:"root,omitempty"`
	Vkey   string   `json:"vkey,omitempty"`
	Note   string   `json:"note,omitempty"`
	Proof  []string `json:"proof"`
	Body   string   `json:"body,omitempty"`
	Index  int64    `json:"index"`
	Time   int64    `json:"time"`
	Text   string   `json:"text,omitempty"`
}

// memory is a log: its size and the hashes that tlog wants stored.
type memory struct {
	size   int64
	hashes []tlog.Hash
}

func (m *memory) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, 0, len(indexes))
	for _, index := range indexes {
		if index >= int64(len(m.hashes)) {
			return nil, fmt.Errorf("no hash at index %d", index)
		}
		out = append(out, m.hashes[index])
	}
	return out, nil
}

func (m *memory) append(body string) error {
	hashes, err := tlog.StoredHashes(m.size, []byte(body), m)
	if err != nil {
		return err
	}
	m.hashes = append(m.hashes, hashes...)
	m.size++
	return nil
}

func main() {
	requests := json.NewDecoder(bufio.NewReaderSize(os.Stdin, 1<<20))
	out := bufio.NewWriter(os.Stdout)
	answers := json.NewEncoder(out)
	var m memory
	for {
		var r request
		if err := requests.Decode(&r); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			log.Fatal(err)
		}
		if r.Op == "append" {
			if err := m.append(r.Body); err != nil {
				log.Fatal(err)
			}
			continue
		}
		a, err := m.answer(r)
		if err != nil {
			a = answer{Error: err.Error()}
		}
		if err := answers.Encode(a); err != nil {
			log.Fatal(err)
		}
	}
	if err := out.Flush(); err != nil {
		log.Fatal(err)
	}
}

func (m *memory) answer(r request) (answer, error) {
	switch r.Op {
	case "root":
		root, err := tlog.TreeHash(m.size, m)
		return answer{Size: m.size, Root: root.String()}, err
	case "checkpoint":
		return openCheckpoint(r.Vkey, r.Note)
	case "sign":
		return sign(r.Name, r.Text)
	case "prove-record":
		proof, err := tlog.ProveRecord(r.Size2, r.Index, m)
		return answer{Proof: texts(proof)}, err
	case "prove-tree":
		proof, err := tlog.ProveTree(r.Size2, r.Size1, m)
		return answer{Proof: texts(proof)}, err
	case "check-record":
		hashes, err := parse(append([]string{r.Root2, r.Leaf}, r.Proof...))
		if err != nil {
			return answer{}, err
		}
		return answer{}, tlog.CheckRecord(hashes[2:], r.Size2, hashes[0], r.Index, hashes[1])
	case "check-tree":
		hashes, err := parse(append([]string{r.Root2, r.Root1}, r.Proof...))
		if err != nil {
			return answer{}, err
		}
		return answer{}, tlog.CheckTree(hashes[2:], r.Size2, hashes[0], r.Size1, hashes[1])
	case "folder":
		return openFolder(r.Folder, r.Vkey)
	case "folder-record":
		return folderRecord(r.Folder, r.Vkey, r.Index)
	case "folder-grown":
		return folderGrown(r.Folder, r.Vkey, r.Note)
	case "check-proof-file":
		return checkProof(r.Text, r.Vkey, r.Body)
	case "make-proof-file":
		return makeProof(r)
	case "check-cosignature":
		return checkCosignature(r.Vkey, r.Witness, r.Note)
	case "cosign":
		return cosign(r.Name, r.Note)
	}
	return answer{}, fmt.Errorf("unknown op %q", r.Op)
}

// openCheckpoint verifies a signed note and reads the three lines of a checkpoint. tlog.ParseTree knows
// one origin only, that of the Go checksum database.
func openCheckpoint(vkey, text string) (answer, error) {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return answer{}, err
	}
	opened, err := note.Open([]byte(text), note.VerifierList(verifier))
	if err != nil {
		return answer{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		return answer{}, fmt.Errorf("%d lines instead of three", len(lines)-1)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return answer{}, err
	}
	root, err := tlog.ParseHash(lines[2])
	return answer{Origin: lines[0], Size: size, Root: root.String()}, err
}

// sign makes a new key and signs a text with it.
func sign(name, text string) (answer, error) {
	skey, vkey, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		return answer{}, err
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		return answer{}, err
	}
	signed, err := note.Sign(&note.Note{Text: text}, signer)
	return answer{Vkey: vkey, Note: string(signed)}, err
}

func parse(in []string) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, 0, len(in))
	for _, text := range in {
		hash, err := tlog.ParseHash(text)
		if err != nil {
			return nil, err
		}
		out = append(out, hash)
	}
	return out, nil
}

func texts(in []tlog.Hash) []string {
	out := make([]string, 0, len(in))
	for _, hash := range in {
		out = append(out, hash.String())
	}
	return out
}
