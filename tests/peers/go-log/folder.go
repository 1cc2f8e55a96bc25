package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// tileHeight is that of C2SP tlog-tiles: a full tile has 256 hashes, a full bundle 256 entries.
const tileHeight = 8

// folder reads the tiles of a log in a C2SP tlog-tiles folder. tlog.TileHashReader checks what it reads
// against the checkpoint before anything is proven with it.
type folder string

func (f folder) Height() int { return tileHeight }

func (f folder) SaveTiles([]tlog.Tile, [][]byte) {}

func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	out := make([][]byte, 0, len(tiles))
	for _, tile := range tiles {
		data, err := os.ReadFile(filepath.Join(string(f), c2spPath(tile)))
		if err != nil {
			return nil, err
		}
		out = append(out, data)
	}
	return out, nil
}

// c2spPath is a tile's path by C2SP tlog-tiles, "Merkle Tree" and "Log Entries": as Go's checksum
// database has it, without the height, and with "entries" for "data".
func c2spPath(tile tlog.Tile) string {
	path := strings.TrimPrefix(tile.Path(), fmt.Sprintf("tile/%d/", tile.H))
	if rest, ok := strings.CutPrefix(path, "data/"); ok {
		path = "entries/" + rest
	}
	return filepath.Join("tile", filepath.FromSlash(path))
}

// checkpoint opens the folder's checkpoint.
func (f folder) checkpoint(vkey string) (answer, tlog.Tree, error) {
	text, err := os.ReadFile(filepath.Join(string(f), "checkpoint"))
	if err != nil {
		return answer{}, tlog.Tree{}, err
	}
	return openTree(vkey, string(text))
}

// entry reads one entry out of its bundle: each has a big-endian uint16 length before it (C2SP
// tlog-tiles, "Log Entries").
func (f folder) entry(tree tlog.Tree, index int64) ([]byte, error) {
	bundle := tlog.Tile{H: tileHeight, L: -1, N: index >> tileHeight, W: 1 << tileHeight}
	bundle.W = int(min(tree.N-bundle.N<<tileHeight, 1<<tileHeight))
	data, err := os.ReadFile(filepath.Join(string(f), c2spPath(bundle)))
	if err != nil {
		return nil, err
	}
	var wanted []byte
	entries := 0
	for ; len(data) > 0; entries++ {
		if len(data) < 2 || len(data)-2 < int(binary.BigEndian.Uint16(data)) {
			return nil, fmt.Errorf("entry %d of %s is cut short", entries, bundle.Path())
		}
		end := 2 + int(binary.BigEndian.Uint16(data))
		if int64(entries) == index&(1<<tileHeight-1) {
			wanted = data[2:end]
		}
		data = data[end:]
	}
	if entries != bundle.W {
		return nil, fmt.Errorf("%d entries in %s", entries, bundle.Path())
	}
	return wanted, nil
}

// openFolder verifies the checkpoint, and by the tiles on the tree's right edge the root in it.
func openFolder(path, vkey string) (answer, error) {
	f := folder(path)
	a, tree, err := f.checkpoint(vkey)
	if err != nil {
		return answer{}, err
	}
	if tree.N == 0 {
		// No tile says anything of an empty tree.
		if root, err := tlog.TreeHash(0, nil); err != nil || root != tree.Hash {
			return answer{}, fmt.Errorf("the root of nothing is %v", root)
		}
		return a, nil
	}
	root, err := tlog.TreeHash(tree.N, tlog.TileHashReader(tree, f))
	if err == nil && root != tree.Hash {
		err = errors.New("the tiles have another root than the checkpoint")
	}
	return a, err
}

// folderRecord proves one record out of the tiles, checks the proof, and gives the record.
func folderRecord(path, vkey string, index int64) (answer, error) {
	f := folder(path)
	a, tree, err := f.checkpoint(vkey)
	if err != nil {
		return answer{}, err
	}
	if index < 0 || index >= tree.N {
		return answer{}, fmt.Errorf("no record %d in a log of %d", index, tree.N)
	}
	body, err := f.entry(tree, index)
	if err != nil {
		return answer{}, err
	}
	proof, err := tlog.ProveRecord(tree.N, index, tlog.TileHashReader(tree, f))
	if err != nil {
		return answer{}, err
	}
	a.Body, a.Proof = string(body), texts(proof)
	return a, tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(body))
}

// folderGrown proves out of the tiles that the log has only grown since an earlier checkpoint, and checks
// the proof.
func folderGrown(path, vkey, earlier string) (answer, error) {
	f := folder(path)
	_, old, err := openTree(vkey, earlier)
	if err != nil {
		return answer{}, err
	}
	a, tree, err := f.checkpoint(vkey)
	if err != nil {
		return answer{}, err
	}
	// Every tree begins with nothing, which tlog has no proof for.
	if old.N == 0 {
		return a, nil
	}
	proof, err := tlog.ProveTree(tree.N, old.N, tlog.TileHashReader(tree, f))
	if err != nil {
		return answer{}, err
	}
	a.Proof = texts(proof)
	return a, tlog.CheckTree(proof, tree.N, tree.Hash, old.N, old.Hash)
}

// openTree verifies a checkpoint and gives it as tlog takes it.
func openTree(vkey, text string) (answer, tlog.Tree, error) {
	a, err := openCheckpoint(vkey, text)
	if err != nil {
		return answer{}, tlog.Tree{}, err
	}
	root, err := tlog.ParseHash(a.Root)
	return a, tlog.Tree{N: a.Size, Hash: root}, err
}
