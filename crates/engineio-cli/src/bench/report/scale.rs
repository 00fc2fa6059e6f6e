//! From values to places on an axis.

use std::ops::RangeInclusive;

/// Fewer ticks than this tell little.
const FEW: usize = 3;

/// An axis: which values it shows, and where.
#[derive(Clone, Debug)]
pub(crate) struct Scale {
    values: RangeInclusive<f64>,
    places: RangeInclusive<f64>,
    logarithmic: bool,
}

impl Scale {
    /// An axis from zero to a round value that is not below `max`.
    pub(crate) fn from_zero(max: f64, places: RangeInclusive<f64>) -> Self {
        let step = round_step(max.max(1e-9));
        Self { values: 0.0..=(max / step).ceil().max(1.0) * step, places, logarithmic: false }
    }

    /// An axis of exactly these values.
    pub(crate) fn exact(values: RangeInclusive<f64>, places: RangeInclusive<f64>) -> Self {
        Self { values, places, logarithmic: false }
    }

    /// An axis on which equal ratios are equally far apart, for values above zero.
    pub(crate) fn logarithmic(values: RangeInclusive<f64>, places: RangeInclusive<f64>) -> Self {
        let (low, high) = (values.start().max(1e-9), values.end().max(values.start() * 1.01));
        Self { values: low..=high, places, logarithmic: true }
    }

    /// Where a value stands.
    pub(crate) fn place(&self, value: f64) -> f64 {
        let form = |value: f64| if self.logarithmic { value.max(1e-9).ln() } else { value };
        let (low, high) = (form(*self.values.start()), form(*self.values.end()));
        let share = if high > low { (form(value) - low) / (high - low) } else { 0.0 };
        let share = share.clamp(0.0, 1.0);
        self.places.start() + share * (self.places.end() - self.places.start())
    }

    /// Round values along the axis.
    pub(crate) fn ticks(&self) -> Vec<f64> {
        let powers = if self.logarithmic { self.powers() } else { Vec::new() };
        // A short piece of a logarithmic axis has few powers on it, if any.
        if powers.len() < FEW { self.steps() } else { powers }
    }

    fn steps(&self) -> Vec<f64> {
        let (low, high) = (*self.values.start(), *self.values.end());
        let step = round_step(high - low);
        let first = (low / step).ceil();
        (0..12u8)
            .map(|index| (first + f64::from(index)) * step)
            .take_while(|tick| *tick <= high * 1.0001)
            .collect()
    }

    /// 1, 2 and 5 times the powers of ten, or only the powers if that would be too many.
    fn powers(&self) -> Vec<f64> {
        let decades = (self.values.end() / self.values.start()).log10();
        let multiples: &[f64] = if decades > 3.0 { &[1.0] } else { &[1.0, 2.0, 5.0] };
        let tick = |power: i8| multiples.iter().map(move |multiple| multiple * 10f64.powi(power.into()));
        (-9..10).flat_map(tick).filter(|tick| self.values.contains(tick)).collect()
    }
}

/// A step of 1, 2 or 5 times a power of ten that divides `range` into at most about five parts.
fn round_step(range: f64) -> f64 {
    let rough = range / 5.0;
    let power = 10f64.powf(rough.log10().floor());
    let multiple = [1.0, 2.0, 5.0, 10.0].into_iter().find(|multiple| multiple * power >= rough * 0.999);
    multiple.unwrap_or(10.0) * power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_from_zero_ends_on_a_round_value() {
        let scale = Scale::from_zero(930.0, 0.0..=100.0);
        assert_eq!(scale.ticks(), [0.0, 200.0, 400.0, 600.0, 800.0, 1000.0]);
        assert!((scale.place(500.0) - 50.0).abs() < 1e-9);
    }

    #[test]
    fn nothing_at_all_is_still_an_axis() {
        let scale = Scale::from_zero(0.0, 0.0..=100.0);
        assert!(scale.place(0.0).abs() < 1e-9 && !scale.ticks().is_empty());
    }

    #[test]
    fn a_logarithmic_axis_has_equal_ratios() {
        let scale = Scale::logarithmic(10.0..=1000.0, 0.0..=100.0);
        assert!((scale.place(100.0) - 50.0).abs() < 1e-9);
        assert_eq!(scale.ticks(), [10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0]);
    }

    #[test]
    fn a_short_logarithmic_axis_has_ticks_as_well() {
        let scale = Scale::logarithmic(700.0..=900.0, 0.0..=100.0);
        assert_eq!(scale.ticks(), [700.0, 750.0, 800.0, 850.0, 900.0]);
    }

    #[test]
    fn places_never_leave_the_axis() {
        let scale = Scale::exact(0.0..=10.0, 300.0..=0.0);
        assert!(scale.place(-5.0) <= 300.0 && scale.place(1e12) >= 0.0 && scale.place(f64::NAN).is_nan());
    }
}
