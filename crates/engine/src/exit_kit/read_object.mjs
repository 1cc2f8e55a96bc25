// Reads one object with the AWS Encryption SDK for JavaScript and nothing else of anybody's.
//
//     node read_object.mjs --key invoices/keys/1.key --namespace keyward:acme --name invoices/1 \
//         MESSAGE OUTPUT
//
// KEY holds the 32 bytes of the data key, unwrapped. Where objects.csv names an entry file for the
// object, give it with --entry: the object's key has been moved there, and the header's own entry
// still is the one for an older data key.
//
// OUTPUT appears once the whole message is verified, and never takes an existing file's place.

import { createReadStream, createWriteStream, existsSync, readFileSync, statSync } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { randomBytes } from 'node:crypto'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import {
  buildClient,
  CommitmentPolicy,
  EncryptedDataKey,
  KeyringNode,
  RawAesKeyringNode,
  RawAesWrappingSuiteIdentifier,
} from '@aws-crypto/client-node'

/** A raw AES key that opens a tenant's dataset alone, with an entry beside the message if there is one. */
class DataKey extends KeyringNode {
  constructor(key, namespace, name, entry) {
    super()
    this.expected = {
      'keyward:tenant': namespace.replace(/^keyward:/, ''),
      'keyward:dataset': name.slice(0, name.lastIndexOf('/')),
    }
    this.entry = entry
    this.keyring = new RawAesKeyringNode({
      keyName: name,
      keyNamespace: namespace,
      unencryptedMasterKey: key,
      wrappingSuite: RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING,
      utf8Sorting: true,
    })
  }

  async _onDecrypt(material, entries) {
    for (const [key, value] of Object.entries(this.expected)) {
      if (material.encryptionContext[key] !== value) throw new Error(`its ${key} is not ${value}`)
    }
    return this.keyring.onDecrypt(material, this.entry ? [this.entry] : entries)
  }

  async _onEncrypt() {
    throw new Error('this keyring only reads')
  }
}

/** The bytes of an unwrapped data key. */
function readKey(path) {
  const key = new Uint8Array(readFileSync(path))
  if (key.length !== 32) {
    throw new Error(`the key file ${path} has not 32 bytes: unwrap it again, as README.md says`)
  }
  return key
}

/** An entry file: three fields, each after its length in two bytes. */
function readEntry(path) {
  let rest = readFileSync(path)
  const fields = []
  for (let count = 0; count < 3; count++) {
    const end = rest.length < 2 ? Infinity : 2 + rest.readUInt16BE(0)
    if (end > rest.length) throw new Error(`the entry file ${path} is cut off`)
    fields.push(new Uint8Array(rest.subarray(2, end)))
    rest = rest.subarray(end)
  }
  if (rest.length > 0) throw new Error(`the entry file ${path} has bytes after its end`)
  const [provider, rawInfo, encryptedDataKey] = fields
  return new EncryptedDataKey({
    providerId: new TextDecoder().decode(provider),
    providerInfo: new TextDecoder().decode(rawInfo),
    rawInfo,
    encryptedDataKey,
  })
}

/**
 * The length of a message with its header at the start of `file` and so much plaintext. The SDK stops at
 * a message's end and doesn't look whether the file goes on.
 */
async function messageLength(file, plaintext) {
  const handle = await open(file)
  const start = Buffer.alloc(4 * 65_538)
  await handle.read(start, 0, start.length, 0)
  await handle.close()
  // Version, suite and message id; the context; the count of entries and the one entry's three fields.
  let at = 1 + 2 + 32
  at += 2 + start.readUInt16BE(at)
  at += 2
  for (let field = 0; field < 3; field++) at += 2 + start.readUInt16BE(at)
  const frame = start.readUInt32BE(at + 1)
  // Content type, frame length, commitment and tag; then the frames, each with number, IV and tag.
  at += 1 + 4 + 32 + 16
  const regular = Math.max(0, Math.ceil(plaintext / frame) - 1)
  return at + regular * (4 + 12 + 16) + plaintext + (4 + 4 + 12 + 4 + 16)
}

async function readObject(options, message, output) {
  if (existsSync(output)) throw new Error(`${output} is there already`)
  const entry = options.entry && readEntry(options.entry)
  const keyring = new DataKey(readKey(options.key), options.namespace, options.name, entry)
  const { decryptStream } = buildClient({
    commitmentPolicy: CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT,
    maxEncryptedDataKeys: 1,
  })
  const held = join(dirname(output), `.reading-${randomBytes(8).toString('hex')}`)
  try {
    const target = createWriteStream(held, { flags: 'wx', mode: 0o600 })
    await pipeline(createReadStream(message), decryptStream(keyring), target)
    const length = target.bytesWritten
    if (statSync(message).size !== (await messageLength(message, length))) {
      throw new Error('it has bytes after its end')
    }
    await rename(held, output)
    return length
  } catch (error) {
    await rm(held, { force: true })
    throw error
  }
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    key: { type: 'string' },
    namespace: { type: 'string' },
    name: { type: 'string' },
    entry: { type: 'string' },
  },
})
const [message, output] = positionals
if (!values.key || !values.namespace || !values.name || positionals.length !== 2) {
  console.error(
    'usage: node read_object.mjs --key FILE --namespace keyward:TENANT --name DATASET/VERSION [--entry FILE] MESSAGE OUTPUT'
  )
  process.exit(2)
}
try {
  const length = await readObject(values, message, output)
  console.log(`${output}: ${length} bytes`)
} catch (error) {
  console.error(`${message}: refused: ${error.message}`)
  process.exit(1)
}
