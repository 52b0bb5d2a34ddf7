//! The name that somebody probably meant.

/// The candidate closest to `typed`, if it is close enough that a slip of the fingers explains it: a third of the
/// letters, or the last part spelled right in the wrong section.
pub(super) fn nearest<'a>(typed: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let last = |name: &str| name.rsplit('.').next().unwrap_or_default().to_owned();
    let score = |name: &'a str| {
        let far = distance(typed, name).min(distance(&last(typed), &last(name)) + 1);
        (far, name)
    };
    let (far, name) = candidates.map(score).min()?;
    (far <= (typed.len() / 3).max(1)).then_some(name)
}

/// Letters to insert, delete, change, or swap with their neighbour (restricted Damerau-Levenshtein). Inputs are
/// cut at 64 bytes: longer ones are no slip.
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<u8> = a.bytes().take(64).collect();
    let b: Vec<u8> = b.bytes().take(64).collect();
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for (i, row) in rows.iter_mut().enumerate() {
        row[0] = i;
    }
    rows[0] = (0..=b.len()).collect();
    for i in 1..=a.len() {
        for j in 1..=b.len() {
            let change = usize::from(a[i - 1] != b[j - 1]);
            let mut best = (rows[i - 1][j] + 1)
                .min(rows[i][j - 1] + 1)
                .min(rows[i - 1][j - 1] + change);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = best;
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognised_and_nonsense_is_not() {
        let names = || ["relay.listen", "relay.host", "listen.http", "rooms.max_people"].into_iter();
        for (typed, meant) in [
            ("relay.lisen", Some("relay.listen")),
            ("relay.hsot", Some("relay.host")),
            ("relay.max_people", Some("rooms.max_people")),
            ("rooms.max-people", Some("rooms.max_people")),
            ("zzz.qqqqqq", None),
            ("", None),
        ] {
            assert_eq!(nearest(typed, names()), meant, "{typed:?}");
        }
        assert_eq!(distance("ab", "ba"), 1);
    }
}
