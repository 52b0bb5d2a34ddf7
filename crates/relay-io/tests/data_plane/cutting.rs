//! However a stream is cut into reads, the packets on it are the same: cut once at every byte, and cut all over into
//! pieces of every size from one byte on. For both relays.

use crate::client::{Client, Heard, PATIENCE, binding, channel_data, decoded, send_to};
use crate::door::Cuts;

/// `a` comes by a door with these cuts and has bound 0x4000 to `b`, who has permitted `a`.
pub(crate) fn packets_are_the_same_however_reads_are_cut(cuts: &Cuts, a: &mut Client, b: &mut Client) {
    let (first, last) = (binding(), binding());
    let payloads: [&[u8]; 4] = [b"by indication", b"five!", b"", &[7; 64]];
    let mut bytes = first.raw.clone();
    bytes.extend(send_to(b.relayed(), payloads[0]));
    for payload in &payloads[1..] {
        bytes.extend(channel_data(0x4000, payload, true));
    }
    bytes.extend(&last.raw);
    let once = (1..bytes.len()).map(|at| vec![at]);
    let everywhere = (1..=40).map(|size| vec![size; bytes.len().div_ceil(size)]);
    for plan in once.chain(everywhere) {
        cuts.plan(plan.iter().copied());
        a.wire.send(&bytes);
        for payload in payloads {
            assert_eq!(b.hear(), Heard::Data(a.relayed(), payload.to_vec()), "{plan:?}");
        }
        for request in [&first, &last] {
            let answer = a.wire.receive(PATIENCE).unwrap().expect("an answer");
            assert_eq!(
                decoded(&answer).transaction_id,
                request.transaction_id,
                "{plan:?}"
            );
        }
    }
    cuts.plan([]);
}
