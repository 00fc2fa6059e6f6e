//! `Delivery`: how a client's events come to Python.

use std::fmt::Debug;
use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};

use super::bell::Bell;
use super::event::Event;
use super::turn::{Next, StandBy, Ticket, Turn};

/// Where the events of a client come from.
pub(crate) trait Source: Debug + Send + Sync {
    /// Whose turn it is to deliver them, and the queue of those that were taken.
    fn turn(&self) -> &Turn;

    /// Takes some that are there into the queue. If there are more, or as soon as there are, the turn is woken.
    fn refill(&self);
}

/// What clients have in common, whoever does their I/O: their events. Safe to use from several threads.
#[pyclass(subclass, frozen, module = "engineio_rs._core")]
#[derive(Debug)]
pub(crate) struct Delivery {
    source: Arc<dyn Source>,
    packet_class: Py<PyAny>,
}

impl Delivery {
    pub(crate) fn new(source: Arc<dyn Source>, packet_class: Py<PyAny>) -> Self {
        Self { source, packet_class }
    }
}

#[pymethods]
impl Delivery {
    /// The number of the first thread that delivers events.
    fn begin(&self) -> Ticket {
        self.source.turn().begin()
    }

    /// Waits for the next event; None when it is no longer this thread's turn.
    fn next_event<'py>(&self, py: Python<'py>, ticket: Ticket) -> PyResult<Option<Bound<'py, PyTuple>>> {
        let event = py.detach(|| {
            loop {
                match self.source.turn().next(ticket) {
                    Next::Deliver(event) => return Some(event),
                    Next::Refill => self.source.refill(),
                    Next::End => return None,
                }
            }
        });
        let event = self.to_python(py, event)?;
        if event.is_some() {
            self.source.turn().begun(ticket);
        }
        Ok(event)
    }

    /// Waits until the delivery falls to this thread. Returns its number; None at the end.
    fn stand_by(&self, py: Python<'_>) -> Option<Ticket> {
        // Whoever has had the interpreter has let the handler go on, if that is what it waits for.
        py.detach(|| self.source.turn().stand_by(|| Python::attach(|_| ())))
    }

    /// As `next_event()`, for a greenlet, without waiting: whether there was an answer, and the answer. If there was none,
    /// the bell is rung when to ask again.
    fn poll_next<'py>(
        &self,
        py: Python<'py>,
        ticket: Ticket,
        bell: &Bell,
    ) -> PyResult<(bool, Option<Bound<'py, PyTuple>>)> {
        let turn = self.source.turn();
        loop {
            match turn.poll_next(ticket, bell.signal()) {
                None => return Ok((false, None)),
                Some(Next::End) => return Ok((true, None)),
                Some(Next::Refill) => self.source.refill(),
                Some(Next::Deliver(event)) => {
                    let event = self.to_python(py, Some(event))?;
                    turn.begun(ticket);
                    return Ok((true, event));
                }
            }
        }
    }

    /// As `stand_by()`, for a greenlet, without waiting: whether there was an answer, the answer, and otherwise after how
    /// many seconds to ask again, unless the bell is rung before.
    fn poll_stand_by(&self, bell: &Bell) -> (bool, Option<Ticket>, Option<f64>) {
        match self.source.turn().poll_stand_by(bell.signal()) {
            StandBy::Turn(ticket) => (true, Some(ticket), None),
            StandBy::End => (true, None, None),
            StandBy::Wait(patience) => (false, None, patience.map(|patience| patience.as_secs_f64())),
        }
    }

    /// Has a bell rung, once, when there may be events or a wait has ended.
    fn listen(&self, bell: &Bell) {
        self.source.turn().listen(bell.signal());
    }

    /// The thread is about to wait for something.
    fn release(&self, ticket: Ticket) {
        self.source.turn().release(ticket);
    }

    /// The thread waits for what no other handler brings, or goes on after that.
    fn hold(&self, ticket: Ticket, on: bool) {
        self.source.turn().hold(ticket, on);
    }

    /// The next event that is there; None if there is none.
    fn poll_event<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyTuple>>> {
        let event = loop {
            match self.source.turn().pop() {
                // The source may be ready anew as soon as it was asked, which is not told a second time.
                (None, true) => self.source.refill(),
                (event, _) => break event,
            }
        };
        self.to_python(py, event)
    }

    /// The events that are there, at most so many.
    fn take_events<'py>(&self, py: Python<'py>, limit: usize) -> PyResult<Bound<'py, PyList>> {
        let events = PyList::empty(py);
        while events.len() < limit
            && let Some(event) = self.poll_event(py)?
        {
            events.append(event)?;
        }
        Ok(events)
    }

    /// Ends all waits for events.
    fn stop(&self) {
        self.source.turn().stop();
    }
}

impl Delivery {
    fn to_python<'py>(&self, py: Python<'py>, event: Option<Event>) -> PyResult<Option<Bound<'py, PyTuple>>> {
        event.map(|event| event.to_python(self.packet_class.bind(py))).transpose()
    }
}
