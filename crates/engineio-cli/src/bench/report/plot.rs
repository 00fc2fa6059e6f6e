//! Plots as SVG.

use std::fmt::Write;

use super::scale::Scale;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 260.0;
const LEFT: f64 = 78.0;
const RIGHT: f64 = 620.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 214.0;

/// Where the two axes stand, from the origin on.
pub(crate) const ACROSS: std::ops::RangeInclusive<f64> = LEFT..=RIGHT;
pub(crate) const UP: std::ops::RangeInclusive<f64> = BOTTOM..=TOP;

/// A plot under construction.
#[derive(Debug)]
pub(crate) struct Plot {
    x: Scale,
    y: Scale,
    marks: String,
}

impl Plot {
    /// An empty plot with its axes.
    pub(crate) fn new(x: Scale, y: Scale) -> Self {
        Self { x, y, marks: String::new() }
    }

    /// Adds horizontal lines and labels at the values of the vertical axis.
    pub(crate) fn rows(mut self, label: impl Fn(f64) -> String) -> Self {
        for tick in self.y.ticks() {
            let y = self.y.place(tick);
            self.mark(format_args!("<line class=grid x1={LEFT} x2={RIGHT} y1={y:.1} y2={y:.1} />"));
            self.mark(format_args!(
                "<text class=y x={:.1} y={:.1}>{}</text>",
                LEFT - 8.0,
                y + 4.0,
                label(tick)
            ));
        }
        self
    }

    /// Adds labels at values of the horizontal axis.
    pub(crate) fn columns(mut self, ticks: impl IntoIterator<Item = (f64, String)>, title: &str) -> Self {
        for (tick, label) in ticks {
            let x = self.x.place(tick);
            self.mark(format_args!(
                "<line class=tick x1={x:.1} x2={x:.1} y1={BOTTOM} y2={:.1} />",
                BOTTOM + 5.0
            ));
            self.mark(format_args!("<text class=x x={x:.1} y={:.1}>{label}</text>", BOTTOM + 19.0));
        }
        let middle = f64::midpoint(LEFT, RIGHT);
        self.mark(format_args!("<text class=x x={middle} y={:.1}>{title}</text>", BOTTOM + 39.0));
        self
    }

    /// Adds a line through points; `class` colours it.
    pub(crate) fn line(mut self, class: &str, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        let mut path = String::new();
        for (x, y) in points {
            let _ = write!(path, "{:.1},{:.1} ", self.x.place(x), self.y.place(y));
        }
        self.mark(format_args!("<polyline class={class} points='{}' />", path.trim_end()));
        self
    }

    /// Adds a bar that stands on the horizontal axis, with words for whoever points at it.
    pub(crate) fn bar(mut self, from: f64, to: f64, height: f64, words: &str) -> Self {
        let (left, right, top) = (self.x.place(from), self.x.place(to), self.y.place(height));
        self.mark(format_args!(
            "<rect class=bar x={left:.1} width={:.1} y={top:.1} height={:.1}><title>{words}</title></rect>",
            (right - left - 1.0).max(0.5),
            BOTTOM - top,
        ));
        self
    }

    /// The SVG element; `about` describes it for those who cannot see it.
    pub(crate) fn svg(self, about: &str) -> String {
        format!(
            "<svg viewBox='0 0 {WIDTH} {HEIGHT}' role=img aria-label='{about}'>{}\
             <line class=axis x1={LEFT} x2={RIGHT} y1={BOTTOM} y2={BOTTOM} /></svg>",
            self.marks
        )
    }

    fn mark(&mut self, element: std::fmt::Arguments<'_>) {
        let _ = self.marks.write_fmt(element);
    }
}
