//! A limit of time that is set anew for one thing after the other.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep};

/// Moving a timer further ahead is a store; making one each time takes locks that all threads share.
#[derive(Debug)]
pub(crate) struct Limit(Pin<Box<Sleep>>);

impl Limit {
    /// One that nobody waits for yet.
    pub(crate) fn new() -> Self {
        Self(Box::pin(sleep(Duration::ZERO)))
    }

    /// What comes of waiting; `None` where it does not come by then.
    pub(crate) async fn until<F: Future + ?Sized>(
        &mut self,
        end: Instant,
        mut waiting: Pin<&mut F>,
    ) -> Option<F::Output> {
        let timer = &mut self.0;
        timer.as_mut().reset(end);
        poll_fn(|context| match waiting.as_mut().poll(context) {
            Poll::Ready(outcome) => Poll::Ready(Some(outcome)),
            Poll::Pending => timer.as_mut().poll(context).map(|()| None),
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::{pending, ready};
    use std::pin::pin;

    #[tokio::test(start_paused = true)]
    async fn it_holds_for_each_thing_by_itself() {
        let mut limit = Limit::new();
        let second = Duration::from_secs(1);
        for round in 1..4 {
            let began = Instant::now();
            // The one before may be nearer, further, or over.
            let end = began + second * (round % 3 + 1);
            assert_eq!(limit.until(end, pin!(ready(round))).await, Some(round));
            assert_eq!(limit.until(end, pin!(pending::<()>())).await, None);
            assert!(began.elapsed() >= second * (round % 3 + 1) && Instant::now() < end + second, "{round}");
            let later = Instant::now() + 9 * second;
            assert_eq!(limit.until(later, pin!(sleep(second))).await, Some(()));
        }
    }
}
