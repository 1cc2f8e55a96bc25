package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	f_note "github.com/transparency-dev/formats/note"
	"github.com/transparency-dev/formats/proof"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// checkProof reads a record's proof file (C2SP tlog-proof) and checks all that it says: the checkpoint in
// it, and that the record is in the tree. A record that isn't given is the file's extra data.
func checkProof(text, vkey, body string) (answer, error) {
	var file proof.TLogProof
	if err := file.Unmarshal([]byte(text)); err != nil {
		return answer{}, err
	}
	a, tree, err := openTree(vkey, string(file.Checkpoint))
	if err != nil {
		return answer{}, err
	}
	if body == "" {
		body = string(file.ExtraData)
	}
	path := make(tlog.RecordProof, 0, len(file.Hashes))
	for _, hash := range file.Hashes {
		path = append(path, tlog.Hash(hash))
	}
	a.Index, a.Body, a.Proof = int64(file.Index), body, texts(path)
	return a, tlog.CheckRecord(path, tree.N, tree.Hash, a.Index, tlog.RecordHash([]byte(body)))
}

// makeProof writes a record's proof file.
func makeProof(r request) (answer, error) {
	path, err := parse(r.Proof)
	if err != nil {
		return answer{}, err
	}
	file := proof.TLogProof{Index: uint64(r.Index), Checkpoint: []byte(r.Note)}
	if r.Body != "" {
		file.ExtraData = []byte(r.Body)
	}
	for _, hash := range path {
		file.Hashes = append(file.Hashes, hash)
	}
	return answer{Text: string(file.Marshal())}, nil
}

// checkCosignature checks that a checkpoint is signed by its log and cosigned by a witness (C2SP
// tlog-cosignature), and gives the time of that.
func checkCosignature(vkey, witness, text string) (answer, error) {
	a, err := openCheckpoint(vkey, text)
	if err != nil {
		return answer{}, err
	}
	verifier, err := f_note.NewVerifierForCosignatureV1(witness)
	if err != nil {
		return answer{}, err
	}
	// It takes a log's key as well, and any id.
	if !strings.HasPrefix(witness, fmt.Sprintf("%s+%08x+", verifier.Name(), verifier.KeyHash())) {
		return answer{}, errors.New("not the key of a witness")
	}
	opened, err := note.Open([]byte(text), note.VerifierList(verifier))
	if err != nil {
		return answer{}, err
	}
	time, err := f_note.CoSigV1Timestamp(opened.Sigs[0])
	a.Time = time.Unix()
	return a, err
}

// cosign makes a new key of a witness and adds its cosignature to a checkpoint.
func cosign(name, text string) (answer, error) {
	skey, vkey, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		return answer{}, err
	}
	signer, err := f_note.NewSignerForCosignatureV1(skey)
	if err != nil {
		return answer{}, err
	}
	witness, err := f_note.VKeyToCosignatureV1(vkey)
	if err != nil {
		return answer{}, err
	}
	// A note is opened as it is; signatures by keys that aren't known stay on it.
	opened, err := note.Open([]byte(text), note.VerifierList(signer.Verifier()))
	var unverified *note.UnverifiedNoteError
	if errors.As(err, &unverified) {
		opened, err = unverified.Note, nil
	}
	if err != nil {
		return answer{}, err
	}
	signed, err := note.Sign(opened, signer)
	return answer{Vkey: witness, Note: string(signed)}, err
}
