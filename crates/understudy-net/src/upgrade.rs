//! Connections that go on as something else than HTTP (RFC 9110, section 7.8): WebSocket.

use http::Extensions;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use std::sync::{Arc, LazyLock};
use tokio::sync::Semaphore;

/// How many are passed on at once.
pub const UPGRADED_MAX: usize = 1_024;

static SLOTS: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(UPGRADED_MAX)));

/// One side of such a connection: there once both have agreed on it.
#[derive(Debug)]
pub struct Upgrade(OnUpgrade);

impl Upgrade {
    pub(crate) fn of(extensions: &mut Extensions) -> Option<Self> {
        extensions.remove::<OnUpgrade>().map(Self)
    }

    /// Passes on what one side sends to the other, until both have ended or one is gone; says whether there was room for one
    /// more.
    #[must_use]
    pub fn join(self, other: Self) -> bool {
        let Ok(slot) = Arc::clone(&SLOTS).try_acquire_owned() else { return false };
        tokio::spawn(async move {
            // A peer that leaves is no business of anybody's.
            if let (Ok(one), Ok(other)) = tokio::join!(self.0, other.0) {
                let (mut one, mut other) = (TokioIo::new(one), TokioIo::new(other));
                let _ = tokio::io::copy_bidirectional(&mut one, &mut other).await;
            }
            drop(slot);
        });
        true
    }
}
