//! The memory that bodies of requests take together. One body has a bound of its own, but thousands
//! of connections may each send one.
//!
//! A body that comes in one piece with its head counts for nothing: it is matched at once and
//! forgotten, and a counter that all threads change would cost each request. A body that has to be
//! waited for counts from its second piece on, until the request is answered.

use std::sync::atomic::{AtomicUsize, Ordering};

/// The maximum number of bytes of bodies in memory. A service with a larger `body_max` may have two
/// such bodies.
pub const BODIES_BYTES_MAX: usize = 512 << 20;

static BODIES: Bodies = Bodies(AtomicUsize::new(0));

/// The bytes that are held.
struct Bodies(AtomicUsize);

/// A part of the memory for bodies, which is given back when this is dropped.
#[derive(Debug, Default)]
pub struct Held {
    bytes: usize,
}

impl Held {
    /// Takes more bytes for a body of at most `body_max` bytes. Returns false if there is no room.
    pub fn grow(&mut self, bytes: usize, body_max: usize) -> bool {
        let most = BODIES_BYTES_MAX.max(body_max.saturating_mul(2));
        let is_taken = BODIES.take(bytes, most);
        if is_taken {
            self.bytes += bytes;
        }
        is_taken
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if self.bytes > 0 {
            BODIES.0.fetch_sub(self.bytes, Ordering::Relaxed);
        }
    }
}

impl Bodies {
    fn take(&self, bytes: usize, most: usize) -> bool {
        let add = |held: usize| held.checked_add(bytes).filter(|held| *held <= most);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_is_given_back() {
        // A body of no bytes has room as long as the bound for all of them is not reached.
        let mut first = Held::default();
        assert!(first.grow(BODIES_BYTES_MAX, 0));
        assert!(!Held::default().grow(1, 0));
        assert!(Held::default().grow(1, BODIES_BYTES_MAX), "a service with larger bodies has two of them");
        drop(first);
        assert!(Held::default().grow(BODIES_BYTES_MAX, 0));
    }
}
