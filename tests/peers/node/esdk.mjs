// The AWS Encryption SDK for JavaScript as a peer: one case a line on standard input, one answer a
// line. `tests/peers/python/esdk.py` says what is in them.

import { createInterface } from 'node:readline'
import {
  buildClient,
  CommitmentPolicy,
  RawAesKeyringNode,
  RawAesWrappingSuiteIdentifier,
} from '@aws-crypto/client-node'

const { encrypt, decrypt } = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT)
const bytes = (text) => new Uint8Array(Buffer.from(text, 'base64'))

async function run(job) {
  const keyring = new RawAesKeyringNode({
    keyName: job.name,
    keyNamespace: job.namespace,
    unencryptedMasterKey: bytes(job.key),
    wrappingSuite: RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING,
    utf8Sorting: true,
  })
  if (job.do === 'decrypt') {
    const { plaintext, messageHeader } = await decrypt(keyring, bytes(job.message))
    return { output: plaintext, context: messageHeader.encryptionContext }
  }
  const { result, messageHeader } = await encrypt(keyring, bytes(job.plaintext), {
    encryptionContext: job.context,
    suiteId: job.suite,
    frameLength: job.frame_length,
    plaintextLength: bytes(job.plaintext).length,
  })
  return { output: result, context: messageHeader.encryptionContext }
}

for await (const line of createInterface({ input: process.stdin })) {
  let answer
  try {
    const { output, context } = await run(JSON.parse(line))
    answer = { output: Buffer.from(output).toString('base64'), context }
  } catch (error) {
    answer = { error: `${error.name}: ${error.message}` }
  }
  console.log(JSON.stringify(answer))
}
