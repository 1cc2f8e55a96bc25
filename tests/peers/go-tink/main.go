// Tink's streaming AEAD as a peer: `go-tink encrypt|decrypt KEYSET SOURCE TARGET`, file to file.
//
// The keyset is made where it isn't there. Segments are of 1 MiB, the faster of Tink's two AES-256
// templates.
package main

import (
	"bytes"
	"fmt"
	"io"
	"os"

	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/streamingaead"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	if len(arguments) != 4 {
		return fmt.Errorf("usage: go-tink encrypt|decrypt KEYSET SOURCE TARGET")
	}
	handle, err := open(arguments[1])
	if err != nil {
		return err
	}
	primitive, err := streamingaead.New(handle)
	if err != nil {
		return err
	}
	source, err := os.Open(arguments[2])
	if err != nil {
		return err
	}
	target, err := os.Create(arguments[3])
	if err != nil {
		return err
	}
	associated := []byte("keyward:acme")
	// As large as a segment, so that no more system calls are made than the segments need.
	buffer := make([]byte, 1<<20)
	if arguments[0] == "encrypt" {
		writer, err := primitive.NewEncryptingWriter(target, associated)
		if err != nil {
			return err
		}
		// Hidden behind plain interfaces: else the copy would choose a smaller buffer of its own.
		if _, err := io.CopyBuffer(struct{ io.Writer }{writer}, struct{ io.Reader }{source}, buffer); err != nil {
			return err
		}
		if err := writer.Close(); err != nil {
			return err
		}
	} else {
		reader, err := primitive.NewDecryptingReader(source, associated)
		if err != nil {
			return err
		}
		if _, err := io.CopyBuffer(struct{ io.Writer }{target}, struct{ io.Reader }{reader}, buffer); err != nil {
			return err
		}
	}
	return target.Close()
}

func open(path string) (*keyset.Handle, error) {
	text, err := os.ReadFile(path)
	if err == nil {
		return insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(text)))
	}
	handle, err := keyset.NewHandle(streamingaead.AES256GCMHKDF1MBKeyTemplate())
	if err != nil {
		return nil, err
	}
	var written bytes.Buffer
	if err := insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(&written)); err != nil {
		return nil, err
	}
	return handle, os.WriteFile(path, written.Bytes(), 0o600)
}
