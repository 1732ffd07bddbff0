//! What people think of a room: they give it one to five stars when they leave.

use super::error::Invalid;

/// A number of stars: 1 to 5.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stars(u8);

impl Stars {
    /// The greatest number of stars.
    pub const MAX: u8 = 5;

    /// Returns that number of stars.
    ///
    /// # Errors
    /// A number other than 1 to 5.
    pub fn new(number: i64) -> Result<Self, Invalid> {
        match u8::try_from(number) {
            Ok(stars @ 1..=Self::MAX) => Ok(Self(stars)),
            _ => Err(Invalid::new("must be from 1 to 5 stars")),
        }
    }

    /// Returns the number of stars.
    pub fn number(self) -> u8 {
        self.0
    }
}

/// How often a room was given each number of stars.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ratings([u64; Stars::MAX as usize]);

impl Ratings {
    /// Returns stored ratings: how often one star was given, two, up to five.
    pub(crate) fn from_stored(counts: [u64; Stars::MAX as usize]) -> Self {
        Self(counts)
    }

    /// Returns how often one star was given, two, up to five.
    pub fn by_stars(&self) -> [u64; Stars::MAX as usize] {
        self.0
    }

    /// Returns how many people rated the room.
    pub fn count(&self) -> u64 {
        self.0.iter().sum()
    }

    /// Returns the mean number of stars, rounded to two decimals; None if nobody rated the room.
    pub fn average(&self) -> Option<f64> {
        let count = self.count();
        let total: u64 = (1..).zip(self.0).map(|(stars, count)| stars * count).sum();
        (count > 0).then(|| (total as f64 / count as f64 * 100.0).round() / 100.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_one_to_five_stars() {
        for number in 1..=5 {
            let stars = Stars::new(number).expect("stars");
            assert_eq!(i64::from(stars.number()), number);
        }
        for number in [i64::MIN, -1, 0, 6, 257, i64::MAX] {
            assert!(Stars::new(number).is_err(), "{number}");
        }
    }

    #[test]
    fn the_average_is_rounded_and_there_is_none_without_ratings() {
        let ratings = Ratings::from_stored([0, 0, 1, 0, 2]);
        assert_eq!((ratings.count(), ratings.average()), (3, Some(4.33)));
        assert_eq!(Ratings::default().average(), None);
    }
}
