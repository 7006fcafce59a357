//! A map whose members stand in groups by what they are, so that the one that is next is found without a look at ten thousand.
//!
//! Members are changed in one place only, which keeps the groups right and remembers which members became others. It knows
//! nothing of files and contents; those are [`super`]'s.

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet, btree_map};

/// Something that stands in groups.
pub(super) trait Member: Clone + PartialEq {
    type Group: Ord + Copy;

    /// The groups that it belongs to as it is now.
    fn groups(&self) -> impl Iterator<Item = Self::Group>;
}

#[derive(Debug)]
pub(super) struct Grouped<K, V: Member> {
    all: BTreeMap<K, V>,
    /// Groups without members are not there.
    groups: BTreeMap<V::Group, BTreeSet<K>>,
    changed: BTreeSet<K>,
}

impl<K, V: Member> Default for Grouped<K, V> {
    fn default() -> Self {
        Self { all: BTreeMap::new(), groups: BTreeMap::new(), changed: BTreeSet::new() }
    }
}

impl<K: Ord + Clone, V: Member> Grouped<K, V> {
    pub(super) fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.all.get(key)
    }

    pub(super) fn iter(&self) -> btree_map::Iter<'_, K, V> {
        self.all.iter()
    }

    /// Takes in a member, in the place of one that has this key.
    pub(super) fn insert(&mut self, key: K, member: V) {
        self.remove(&key);
        self.join(&key, &member);
        self.changed.insert(key.clone());
        self.all.insert(key, member);
    }

    pub(super) fn remove(&mut self, key: &K) -> Option<V> {
        let member = self.all.remove(key)?;
        self.leave(key, &member);
        self.changed.insert(key.clone());
        Some(member)
    }

    /// Changes a member, if it is there.
    pub(super) fn update<T>(&mut self, key: &K, change: impl FnOnce(&mut V) -> T) -> Option<T> {
        let member = self.all.get_mut(key)?;
        let before = member.clone();
        let told = change(member);
        if *member != before {
            let now = member.clone();
            self.leave(key, &before);
            self.join(key, &now);
            self.changed.insert(key.clone());
        }
        Some(told)
    }

    /// The members of a group, by key.
    pub(super) fn group(&self, group: V::Group) -> impl DoubleEndedIterator<Item = &K> {
        self.groups.get(&group).into_iter().flatten()
    }

    pub(super) fn is_empty(&self, group: V::Group) -> bool {
        !self.groups.contains_key(&group)
    }

    /// The keys of what was taken in, changed or removed since this was asked last.
    pub(super) fn take_changed(&mut self) -> BTreeSet<K> {
        std::mem::take(&mut self.changed)
    }

    fn join(&mut self, key: &K, member: &V) {
        for group in member.groups() {
            self.groups.entry(group).or_default().insert(key.clone());
        }
    }

    fn leave(&mut self, key: &K, member: &V) {
        for group in member.groups() {
            if let btree_map::Entry::Occupied(mut members) = self.groups.entry(group) {
                members.get_mut().remove(key);
                if members.get().is_empty() {
                    members.remove();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Even or odd, and large beside it.
    #[derive(Debug, Clone, PartialEq)]
    struct Number(u32);

    impl Member for Number {
        type Group = &'static str;

        fn groups(&self) -> impl Iterator<Item = &'static str> {
            [if self.0.is_multiple_of(2) { "even" } else { "odd" }].into_iter().chain((self.0 > 9).then_some("large"))
        }
    }

    /// The groups say what a look at everything says.
    fn check(numbers: &Grouped<u32, Number>) {
        for group in ["even", "odd", "large"] {
            let wanted: Vec<_> = numbers.iter().filter(|(_, n)| n.groups().any(|g| g == group)).map(|(k, _)| k).collect();
            assert_eq!(numbers.group(group).collect::<Vec<_>>(), wanted, "{group}");
            assert_eq!(numbers.is_empty(group), wanted.is_empty());
        }
    }

    #[test]
    fn groups_follow_every_change_and_changes_are_told_once() {
        let mut numbers = Grouped::<u32, Number>::default();
        let mut state = 1u32;
        for _ in 0..2_000 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let (key, value) = (state >> 28, state >> 8 & 15);
            match state >> 24 & 3 {
                0 => numbers.insert(key, Number(value)),
                1 => assert_eq!(numbers.get(&key).is_some(), numbers.remove(&key).is_some()),
                _ => assert_eq!(numbers.get(&key).is_some(), numbers.update(&key, |n| n.0 = value).is_some()),
            }
            check(&numbers);
        }
        numbers.insert(1, Number(2));
        numbers.take_changed();
        numbers.update(&1, |n| n.0 = 2);
        assert!(numbers.take_changed().is_empty(), "nothing is another");
        numbers.update(&1, |n| n.0 = 3);
        numbers.remove(&1);
        assert_eq!(numbers.take_changed(), BTreeSet::from([1]));
        assert!(numbers.take_changed().is_empty());
    }
}
