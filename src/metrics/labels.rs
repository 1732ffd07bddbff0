//! Labels with a few values that are known beforehand, and counters for each of them.

use super::exposition::Family;
use super::value::Counter;
use std::fmt;
use std::marker::PhantomData;

/// The values of a label.
pub(crate) trait Label: Copy + fmt::Debug + 'static {
    /// The name of the label.
    const NAME: &'static str;
    /// All values, each at its index.
    const ALL: &'static [Self];

    /// Returns the place of the value among all.
    fn index(self) -> usize;

    /// Returns the value as it is shown.
    fn as_str(self) -> &'static str;
}

/// Defines an enumeration as the values of a label.
macro_rules! labels {
    ($(#[$doc:meta])* $label:literal: $visibility:vis enum $name:ident {
        $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)+
    }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        $visibility enum $name { $($(#[$variant_doc])* $variant,)+ }

        impl $crate::metrics::Label for $name {
            const NAME: &'static str = $label;
            const ALL: &'static [Self] = &[$(Self::$variant),+];

            fn index(self) -> usize {
                self as usize
            }

            fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }
    };
}
pub(crate) use labels;

/// A counter for each value of a label.
pub(crate) struct Counters<L> {
    counters: Box<[Counter]>,
    label: PhantomData<fn(L)>,
}

impl<L: Label> Counters<L> {
    /// Counts one event.
    pub(crate) fn count(&self, value: L) {
        self.counters[value.index()].count();
    }

    /// Adds the counters to those that a family has already. All are shown, also those that are zero: only
    /// so does a graph begin there.
    pub(crate) fn add_to(&self, family: &mut Family) {
        for (value, count) in self.all() {
            family.add(&[(L::NAME, value.as_str())], count);
        }
    }

    /// Returns all values, each with how many events there were.
    pub(crate) fn all(&self) -> impl Iterator<Item = (L, u64)> {
        let counts = self.counters.iter().map(Counter::get);
        L::ALL.iter().copied().zip(counts)
    }
}

impl<L: Label> Default for Counters<L> {
    fn default() -> Self {
        Self {
            counters: L::ALL.iter().map(|_| Counter::default()).collect(),
            label: PhantomData,
        }
    }
}

impl<L: Label> fmt::Debug for Counters<L> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_map().entries(self.all()).finish()
    }
}
