//! The timer of a connection's task.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::task::coop;
use tokio::time::{Instant, Sleep, sleep_until};

/// Wakes a task at a deadline that moves much more often than it comes: usually to later, with every message.
///
/// The timer underneath is only moved when it would ring too late. One that rings too early is set anew, which costs
/// less than moving it every time. All polls of an alarm come from the same task.
#[derive(Debug, Default)]
pub(crate) struct Alarm {
    /// Made when there is a first deadline.
    sleep: Option<Pin<Box<Sleep>>>,
    /// When the timer rings, if it has the task's waker for that.
    armed: Option<Instant>,
}

impl Alarm {
    /// Ready when the deadline has come. Until then the task is woken at the deadline, or before; without a deadline,
    /// perhaps never.
    pub(crate) fn poll_at(&mut self, cx: &mut Context<'_>, deadline: Option<Instant>) -> Poll<()> {
        let Some(deadline) = deadline else { return Poll::Pending };
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if sleep.is_elapsed() || deadline < sleep.deadline() {
            sleep.as_mut().reset(deadline);
        } else if self.armed.is_some() {
            return Poll::Pending;
        }
        while sleep.as_mut().poll(cx).is_ready() {
            if deadline <= Instant::now() {
                self.armed = None;
                return Poll::Ready(());
            }
            sleep.as_mut().reset(deadline);
        }
        // A task that has used up its turn is woken at once, and the timer does not get its waker.
        self.armed = coop::has_budget_remaining().then(|| sleep.deadline());
        Poll::Pending
    }

    /// Whether at `now` the alarm need not be asked about that deadline: it has not rung yet, and rings in time. This
    /// does not look at the timer, whose memory would have to be fetched.
    #[cfg(feature = "server")]
    #[inline]
    pub(crate) fn is_set_for(&self, now: Instant, deadline: Instant) -> bool {
        self.armed.is_some_and(|at| now < at && at <= deadline)
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::pin::pin;
    use std::time::Duration;

    use super::*;

    const SOON: Duration = Duration::from_secs(25);

    /// Asks once in a turn of its own, which is used up or not.
    async fn ask(alarm: &mut Alarm, deadline: Option<Instant>, tired: bool) -> Poll<()> {
        tokio::task::yield_now().await;
        poll_fn(|cx| {
            while tired && coop::has_budget_remaining() {
                let _ = pin!(coop::consume_budget()).poll(cx);
            }
            Poll::Ready(alarm.poll_at(cx, deadline))
        })
        .await
    }

    /// Waits as a task does that is woken by nothing else.
    async fn rings(alarm: &mut Alarm, deadline: Instant) {
        let rung = poll_fn(|cx| alarm.poll_at(cx, Some(deadline)));
        tokio::time::timeout(SOON * 4, rung).await.expect("the task is woken");
    }

    #[tokio::test(start_paused = true)]
    async fn it_rings_at_its_deadline_whatever_the_task_has_done_in_its_turn() {
        for tired in [false, true] {
            let (mut alarm, deadline) = (Alarm::default(), Instant::now() + SOON);
            assert!(ask(&mut alarm, Some(deadline), tired).await.is_pending(), "used up: {tired}");
            rings(&mut alarm, deadline).await;
            assert_eq!(Instant::now(), deadline, "used up: {tired}");
            // After it has rung, and when it moves to earlier.
            for step in [SOON, SOON / 5] {
                let later = Instant::now() + SOON;
                assert!(ask(&mut alarm, Some(later), tired).await.is_pending());
                let next = Instant::now() + step;
                assert!(ask(&mut alarm, Some(next), tired).await.is_pending());
                rings(&mut alarm, next).await;
                assert_eq!(Instant::now(), next, "used up: {tired}");
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_deadline_that_moves_to_later_is_not_rung_before() {
        let mut alarm = Alarm::default();
        assert!(ask(&mut alarm, None, false).await.is_pending());
        let first = Instant::now() + SOON;
        assert!(ask(&mut alarm, Some(first), false).await.is_pending());
        rings(&mut alarm, first + SOON).await;
        assert_eq!(Instant::now(), first + SOON);
    }

    #[cfg(feature = "server")]
    #[tokio::test(start_paused = true)]
    async fn it_need_not_be_asked_while_it_is_set_for_the_deadline() {
        let (mut alarm, now) = (Alarm::default(), Instant::now());
        assert!(!alarm.is_set_for(now, now + SOON));
        assert!(ask(&mut alarm, Some(now + SOON), true).await.is_pending());
        assert!(!alarm.is_set_for(now, now + SOON), "the timer has no waker");
        assert!(ask(&mut alarm, Some(now + SOON), false).await.is_pending());
        assert!(alarm.is_set_for(now, now + SOON));
        assert!(alarm.is_set_for(now, now + SOON * 2));
        assert!(!alarm.is_set_for(now, now + SOON / 2));
        assert!(!alarm.is_set_for(now + SOON, now + SOON));
    }
}
