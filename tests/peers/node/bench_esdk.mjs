// The AWS Encryption SDK for JavaScript, timed: `encrypt N` or `decrypt N` a line on standard input,
// the seconds for N messages of 1 KiB a line on standard output.

import { createInterface } from 'node:readline'
import {
  AlgorithmSuiteIdentifier,
  buildClient,
  CommitmentPolicy,
  RawAesKeyringNode,
  RawAesWrappingSuiteIdentifier,
} from '@aws-crypto/client-node'

const { encrypt, decrypt } = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT)
const keyring = new RawAesKeyringNode({
  keyName: 'invoices/1',
  keyNamespace: 'keyward:acme',
  unencryptedMasterKey: new Uint8Array(32).fill(9),
  wrappingSuite: RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING,
  utf8Sorting: true,
})
const encryptionContext = {
  'keyward:tenant': 'acme',
  'keyward:dataset': 'invoices',
  'keyward:object': '0123456789abcdef0123456789abcdef',
  'keyward:name': '2026/11/24/0001.pdf',
}
const plaintext = new Uint8Array(1024).fill(7)
// The suite that Keyward writes: the SDK's own choice would sign each message as well.
const suiteId = AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY
const options = { encryptionContext, suiteId, plaintextLength: plaintext.length }
const { result: sealed } = await encrypt(keyring, plaintext, options)

const work = {
  encrypt: () => encrypt(keyring, plaintext, options),
  decrypt: () => decrypt(keyring, sealed),
}

for await (const line of createInterface({ input: process.stdin })) {
  const [what, count] = line.split(' ')
  const start = performance.now()
  for (let done = 0; done < Number(count); done++) await work[what]()
  console.log((performance.now() - start) / 1000)
}
