//! Messages exchanged with the AWS Encryption SDK of PyPI, `aws-encryption-sdk`.

use keyward_tests::{interop, peers::esdk::EsdkPeer};

#[test]
fn it_reads_what_we_write() {
    let Some(mut peer) = EsdkPeer::python("interop_python::it_reads_what_we_write") else { return };
    interop::peer_reads_ours(&mut peer);
}

#[test]
fn we_read_what_it_writes() {
    let Some(mut peer) = EsdkPeer::python("interop_python::we_read_what_it_writes") else { return };
    interop::we_read_the_peer(&mut peer);
}

#[test]
fn both_refuse_what_was_changed() {
    let Some(mut peer) = EsdkPeer::python("interop_python::both_refuse_what_was_changed") else {
        return;
    };
    interop::both_refuse_what_was_changed(&mut peer);
}
