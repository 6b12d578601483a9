//! Records as values of the database, none of which is large.
//!
//! sled keeps a page of more than 128 KiB in a file of its own, which it neither syncs nor deletes in step with its log: after a
//! kill or a power cut, what was durable in such a page may be gone. So small records are put together (an insertion costs as
//! much as a kilobyte), and large ones are cut into pieces.

/// How many bytes a value has at most: nine are in a page ([`crate::generation`]).
pub(crate) const VALUE_BYTES_MAX: usize = 13 << 10;

/// The number of the value's first record, and which piece of it the value is.
pub(crate) type Key = [u8; 12];

/// What a value begins with.
const RECORDS: u8 = 0;
const PIECE: u8 = 1;

/// What a value holds.
pub(crate) enum Value<'v> {
    /// Records, each with its number (u64) and its length (u32) before it, little-endian.
    Records(&'v [u8]),
    /// A piece of one, and how many there are.
    Piece(&'v [u8], u32),
}

pub(crate) fn key(number: u64, piece: u32) -> Key {
    let mut key = [0; 12];
    key[..8].copy_from_slice(&number.to_be_bytes());
    key[8..].copy_from_slice(&piece.to_be_bytes());
    key
}

/// The number and the piece of a key.
pub(crate) fn parts(key: &[u8]) -> Option<(u64, u32)> {
    let (number, piece) = key.split_first_chunk::<8>()?;
    Some((u64::from_be_bytes(*number), u32::from_be_bytes(piece.try_into().ok()?)))
}

/// Puts the values of records that follow each other, in the order of their keys.
pub(crate) fn put_values<E>(
    first: u64,
    records: &[impl AsRef<[u8]>],
    mut put: impl FnMut(Key, &[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let mut value = Vec::with_capacity(VALUE_BYTES_MAX);
    // The number of the first record that stands in it.
    let mut together = None;
    for (number, record) in (first..).zip(records) {
        let record = record.as_ref();
        let is_small = FRAME_BYTES + record.len() < VALUE_BYTES_MAX;
        if !is_small || value.len() + FRAME_BYTES + record.len() > VALUE_BYTES_MAX {
            if let Some(first) = together.take() {
                put(key(first, 0), &value)?;
            }
            value.clear();
        }
        if is_small {
            if together.is_none() {
                together = Some(number);
                value.push(RECORDS);
            }
            add(number, record, &mut value);
            continue;
        }
        let pieces = record.chunks(VALUE_BYTES_MAX - PIECE_HEAD_BYTES);
        let count = u32::try_from(pieces.len()).expect("a record has less than 4 GiB");
        for (at, piece) in (0..).zip(pieces) {
            value.push(PIECE);
            value.extend_from_slice(&count.to_le_bytes());
            value.extend_from_slice(piece);
            put(key(number, at), &value)?;
            value.clear();
        }
    }
    together.map_or(Ok(()), |first| put(key(first, 0), &value))
}

const FRAME_BYTES: usize = 12;
const PIECE_HEAD_BYTES: usize = 5;

/// Adds a record to the value that it stands in with others.
fn add(number: u64, record: &[u8], value: &mut Vec<u8>) {
    let length = u32::try_from(record.len()).expect("a record has less than 4 GiB");
    value.extend_from_slice(&number.to_le_bytes());
    value.extend_from_slice(&length.to_le_bytes());
    value.extend_from_slice(record);
}

/// What a value holds; `None` where it is none of ours.
pub(crate) fn read(value: &[u8]) -> Option<Value<'_>> {
    match value.split_first()? {
        (&RECORDS, records) => Some(Value::Records(records)),
        (&PIECE, rest) => {
            let (count, piece) = rest.split_first_chunk::<4>()?;
            Some(Value::Piece(piece, u32::from_le_bytes(*count)))
        }
        _ => None,
    }
}

/// The records that were put together, as far as they are whole.
pub(crate) fn records(together: &[u8]) -> impl Iterator<Item = (u64, &[u8])> {
    let mut rest = together;
    std::iter::from_fn(move || {
        let (number, after) = rest.split_first_chunk::<8>()?;
        let (length, after) = after.split_first_chunk::<4>()?;
        let (record, after) = after.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        rest = after;
        Some((u64::from_le_bytes(*number), record))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_short_is_read_as_far_as_it_is_whole() {
        let three: [(u64, &[u8]); 3] = [(7, b"one"), (8, b""), (12, b"three")];
        let mut value = Vec::new();
        three.iter().for_each(|(number, record)| add(*number, record, &mut value));
        assert!(records(&value).eq(three));
        for end in 0..value.len() {
            let whole = records(&value[..end]).count();
            assert!(records(&value[..end]).eq(three.into_iter().take(whole)) && whole < 3);
        }
    }

    #[test]
    fn no_value_is_large_and_all_of_the_records_are_in_them() {
        let whole = VALUE_BYTES_MAX - FRAME_BYTES;
        let lengths = [0, 10, 6_000, 6_000, whole - 1, whole, whole + 1, 20_000, 1, 100_000, whole - 1, 5];
        let all: Vec<Vec<u8>> =
            lengths.iter().map(|length| vec![u8::try_from(length % 251).expect("small"); *length]).collect();
        let mut made: Vec<(Key, Vec<u8>)> = Vec::new();
        let kept = put_values(40, &all, |key, value| {
            made.push((key, value.to_vec()));
            Ok::<_, ()>(())
        });
        assert_eq!(kept, Ok(()));
        assert!(made.iter().all(|(_, value)| value.len() <= VALUE_BYTES_MAX));
        assert!(made.windows(2).all(|pair| pair[0].0 < pair[1].0), "keys go up");
        let mut found: Vec<Vec<u8>> = Vec::new();
        for (key, value) in &made {
            let (number, piece) = parts(key).expect("a key");
            match read(value).expect("a value") {
                Value::Records(together) => found.extend(records(together).map(|(_, record)| record.to_vec())),
                Value::Piece(bytes, _) if piece == 0 => {
                    assert_eq!(number, 40 + found.len() as u64);
                    found.push(bytes.to_vec());
                }
                Value::Piece(bytes, _) => found.last_mut().expect("its first piece").extend(bytes),
            }
        }
        assert_eq!(found, all);
    }
}
