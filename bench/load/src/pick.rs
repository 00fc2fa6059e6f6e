//! One figure for several readings.

/// Which of several readings is the figure.
#[derive(Clone, Copy, Debug)]
pub enum Pick {
    /// The middle one.
    Median,
    /// The smallest one: the least disturbed, where the difference between servers is small.
    Minimum,
}

impl Pick {
    /// The figure that stands for all `values`.
    pub fn of(self, mut values: Vec<f64>) -> Option<f64> {
        values.sort_by(f64::total_cmp);
        match self {
            Self::Median => {
                let upper = *values.get(values.len() / 2)?;
                let lower = *values.get(values.len().checked_sub(1)? / 2)?;
                Some(f64::midpoint(lower, upper))
            }
            Self::Minimum => values.first().copied(),
        }
    }

    /// How it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Median => "median",
            Self::Minimum => "minimum",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Pick;

    #[test]
    fn the_median_of_an_even_number_lies_between_the_middle_two() {
        assert_eq!(Pick::Median.of(vec![4.0, 1.0, 3.0, 2.0]), Some(2.5));
        assert_eq!(Pick::Median.of(vec![4.0, 1.0, 3.0]), Some(3.0));
        assert_eq!(Pick::Median.of(vec![]), None);
    }
}
