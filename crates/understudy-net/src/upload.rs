//! A limit for uploads that are passed on: a client that stops sending would hold its connection and
//! the backend's for ever.

use crate::message::BODY_TIMEOUT;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::sync::oneshot;
use tokio::time::{Instant, Sleep, sleep};

/// Measures how long the next piece of a body takes.
pub(crate) struct Pauses {
    /// There once a piece had to be waited for.
    timer: Option<Pin<Box<Sleep>>>,
    is_waiting: bool,
    /// Told once, when a pause takes too long.
    stalled: Option<oneshot::Sender<()>>,
}

/// Ready when a body has stalled; never for one that has not.
pub(crate) struct Stalled(Option<oneshot::Receiver<()>>);

impl Pauses {
    pub(crate) fn new() -> (Self, Stalled) {
        let (sender, receiver) = oneshot::channel();
        (Self { timer: None, is_waiting: false, stalled: Some(sender) }, Stalled(Some(receiver)))
    }

    /// To be called after each look for the next piece.
    pub(crate) fn polled(&mut self, is_pending: bool, context: &mut Context<'_>) {
        if !is_pending {
            self.is_waiting = false;
            return;
        }
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(BODY_TIMEOUT)));
        if !self.is_waiting {
            self.is_waiting = true;
            timer.as_mut().reset(Instant::now() + BODY_TIMEOUT);
        }
        if timer.as_mut().poll(context).is_ready()
            && let Some(stalled) = self.stalled.take()
        {
            // Whoever waited for the response may have gone.
            let _ = stalled.send(());
        }
    }
}

impl Future for Stalled {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let Some(receiver) = &mut self.0 else { return Poll::Pending };
        match Pin::new(receiver).poll(context) {
            Poll::Ready(Ok(())) => Poll::Ready(()),
            Poll::Ready(Err(_)) => {
                // The body has ended.
                self.0 = None;
                Poll::Pending
            }
            Poll::Pending => Poll::Pending,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;
    use std::time::Duration;

    #[tokio::test(start_paused = true)]
    async fn only_a_pause_that_is_too_long_is_told() {
        let (mut pauses, stalled) = Pauses::new();
        let mut stalled = std::pin::pin!(stalled);
        for _ in 0..3 {
            poll_fn(|context| {
                pauses.polled(true, context);
                Poll::Ready(())
            })
            .await;
            tokio::time::advance(BODY_TIMEOUT - Duration::from_secs(1)).await;
            poll_fn(|context| {
                pauses.polled(false, context);
                Poll::Ready(())
            })
            .await;
            let told = poll_fn(|context| Poll::Ready(stalled.as_mut().poll(context).is_ready())).await;
            assert!(!told);
        }
        let began = Instant::now();
        let waiting = poll_fn(|context| {
            pauses.polled(true, context);
            stalled.as_mut().poll(context)
        });
        waiting.await;
        assert!(began.elapsed() >= BODY_TIMEOUT);
    }
}
