//! Which delivery of our hub begins next: by turns of the hosts, so that slow subscribers hold up nobody but themselves.
//!
//! A host that has not answered yet is told two things at a time and has few waiting in memory; one that answers gets more.
//! What takes longer than a moment counts among the slow, of which there may be many: they wait for somebody else, and leave
//! the lanes to those who answer. What finds no room here stays in the store and is read again. Pure: no clock, no chance.

use std::collections::{HashMap, HashSet, VecDeque};

use url::Url;

use crate::plan::push::Subscriber;

/// Deliveries under way that may still be quick, and those that are known to be slow.
const QUICK: usize = 64;
const SLOW: usize = 256;

/// Deliveries to one host under way, before it has answered and after; and those that wait in memory.
const FIRST: usize = 2;
const TO_ONE: usize = 16;
const FIRST_WAITING: usize = 16;
const WAITING_FOR_ONE: usize = 512;

/// Deliveries that wait in memory in all.
const WAITING: usize = 16_384;

/// Topic and callback.
pub(super) type Name = (String, Url);

/// What became of a subscriber that was offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Offer {
    /// It waits for its turn.
    Taken,
    /// It is here already.
    Held,
    /// Enough wait for its host.
    PassedOver,
}

#[derive(Debug, Default)]
struct Host {
    waiting: VecDeque<Subscriber>,
    under_way: usize,
    /// Whether it answered the last delivery that ended.
    answers: bool,
    /// Whether it stands in the queue of hosts.
    listed: bool,
    /// Whether some were passed over.
    has_more: bool,
}

impl Host {
    fn room(&self) -> usize {
        if self.answers { TO_ONE } else { FIRST }
    }

    fn may_wait(&self) -> usize {
        if self.answers { WAITING_FOR_ONE } else { FIRST_WAITING }
    }
}

/// What waits and what is under way.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    hosts: HashMap<String, Host>,
    /// Hosts that something waits for and that have room, in turn.
    turn: VecDeque<String>,
    /// Everything that waits, is under way or is not written yet.
    held: HashSet<Name>,
    /// What is under way: its number, and whether it is slow.
    under_way: HashMap<Name, (u64, bool)>,
    count: u64,
    slow: usize,
    waiting: usize,
}

impl Lanes {
    /// Takes a subscriber that is to be told, if there is room for it.
    pub(super) fn offer(&mut self, subscriber: Subscriber) -> Offer {
        let name = name(&subscriber);
        if self.held.contains(&name) {
            return Offer::Held;
        }
        let key = host(&subscriber.callback);
        let host = self.hosts.entry(key.clone()).or_default();
        if host.waiting.len() >= host.may_wait() {
            host.has_more = true;
            return Offer::PassedOver;
        }
        host.waiting.push_back(subscriber);
        self.waiting += 1;
        self.held.insert(name);
        self.list(&key);
        Offer::Taken
    }

    /// Keeps one out that needs no delivery until that is written; `false` where it waits, is under way or is not written yet.
    pub(super) fn hold(&mut self, name: Name) -> bool {
        self.held.insert(name)
    }

    /// Whether more may be offered.
    pub(super) fn has_room(&self) -> bool {
        self.waiting < WAITING && self.has_lane()
    }

    /// Whether something more may begin.
    pub(super) fn has_lane(&self) -> bool {
        self.under_way.len() - self.slow < QUICK
    }

    /// Whether nothing is under way.
    pub(super) fn is_idle(&self) -> bool {
        self.under_way.is_empty()
    }

    /// Whom to tell next, with the number of the delivery.
    pub(super) fn next(&mut self) -> Option<(u64, Subscriber)> {
        if !self.has_lane() {
            return None;
        }
        let key = self.turn.pop_front()?;
        let host = self.hosts.get_mut(&key)?;
        host.listed = false;
        let subscriber = host.waiting.pop_front()?;
        host.under_way += 1;
        self.waiting -= 1;
        self.count += 1;
        self.under_way.insert(name(&subscriber), (self.count, false));
        self.list(&key);
        Some((self.count, subscriber))
    }

    /// The delivery of this number takes its time, if it is still under way.
    pub(super) fn is_slow(&mut self, name: &Name, number: u64) {
        if self.slow < SLOW
            && let Some((_, slow @ false)) = self.under_way.get_mut(name).filter(|(held, _)| *held == number)
        {
            *slow = true;
            self.slow += 1;
        }
    }

    /// A delivery ended, with an answer or without. Tells whether those who were passed over have room now.
    pub(super) fn ended(&mut self, name: &Name, answered: bool) -> bool {
        let Some((_, was_slow)) = self.under_way.remove(name) else { return false };
        self.slow -= usize::from(was_slow);
        let key = host(&name.1);
        let Some(host) = self.hosts.get_mut(&key) else { return false };
        host.under_way -= 1;
        host.answers = answered;
        let has_room = host.has_more && host.waiting.len() <= host.may_wait() / 2;
        if has_room {
            host.has_more = false;
        }
        self.list(&key);
        if !has_room && self.hosts.get(&key).is_some_and(|host| host.under_way == 0 && host.waiting.is_empty()) {
            self.hosts.remove(&key);
        }
        has_room
    }

    /// What became of it is written, or it needs no delivery: it may be offered again.
    pub(super) fn settled(&mut self, name: &Name) {
        self.held.remove(name);
    }

    fn list(&mut self, key: &str) {
        if let Some(host) = self.hosts.get_mut(key)
            && !host.listed
            && !host.waiting.is_empty()
            && host.under_way < host.room()
        {
            host.listed = true;
            self.turn.push_back(key.to_owned());
        }
    }
}

pub(super) fn name(subscriber: &Subscriber) -> Name {
    (subscriber.topic.clone(), subscriber.callback.clone())
}

fn host(callback: &Url) -> String {
    callback.host_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    fn subscriber(host: &str, number: usize) -> Subscriber {
        Subscriber {
            topic: "all.rss".to_owned(),
            callback: format!("https://{host}.example/{number}").parse().unwrap(),
            secret: None,
            until: Timestamp::MAX,
            due: Some(Timestamp::UNIX_EPOCH),
            tries: 0,
            told: None,
        }
    }

    fn begin(lanes: &mut Lanes) -> Vec<(u64, Subscriber)> {
        std::iter::from_fn(|| lanes.next()).collect()
    }

    #[test]
    fn a_host_that_does_not_answer_keeps_two_lanes_and_little_memory() {
        let mut lanes = Lanes::default();
        let offers: Vec<Offer> = (0..5_000).map(|number| lanes.offer(subscriber("dead", number))).collect();
        assert_eq!(offers.iter().filter(|offer| **offer == Offer::Taken).count(), FIRST_WAITING);
        assert_eq!(lanes.offer(subscriber("dead", 0)), Offer::Held);
        assert_eq!(lanes.offer(subscriber("quick", 0)), Offer::Taken, "nobody is kept out by it");
        let begun = begin(&mut lanes);
        let to =
            |host: &str| begun.iter().filter(|(_, subscriber)| subscriber.callback.as_str().contains(host)).count();
        assert_eq!((to("dead"), to("quick")), (FIRST, 1));
    }

    #[test]
    fn who_needs_no_delivery_is_not_offered_before_that_is_written() {
        let mut lanes = Lanes::default();
        let one = subscriber("quick", 0);
        assert!(lanes.hold(name(&one)) && !lanes.hold(name(&one)));
        assert_eq!(lanes.offer(one.clone()), Offer::Held, "else it would be told twice at once");
        lanes.settled(&name(&one));
        assert_eq!(lanes.offer(one.clone()), Offer::Taken);
        assert!(!lanes.hold(name(&one)), "it waits");
    }

    #[test]
    fn a_host_that_answers_gets_more_and_makes_room_for_those_passed_over() {
        let mut lanes = Lanes::default();
        for number in 0..5_000 {
            lanes.offer(subscriber("big", number));
        }
        let mut told = HashSet::new();
        let mut read_again = 0;
        while told.len() < 5_000 {
            let begun = begin(&mut lanes);
            assert!(!begun.is_empty() && begun.len() <= TO_ONE, "{} after {}", begun.len(), told.len());
            for (_, one) in begun {
                let has_room = lanes.ended(&name(&one), true);
                lanes.settled(&name(&one));
                told.insert(name(&one));
                if has_room {
                    read_again += 1;
                    let more =
                        (0..5_000).map(|number| subscriber("big", number)).filter(|one| !told.contains(&name(one)));
                    for one in more {
                        lanes.offer(one);
                    }
                }
            }
        }
        assert!((10..=25).contains(&read_again), "the store is read {read_again} times");
    }

    #[test]
    fn the_slow_leave_their_lanes_to_others() {
        let mut lanes = Lanes::default();
        for host in 0..60 {
            for number in 0..3 {
                lanes.offer(subscriber(&format!("slow{host}"), number));
            }
        }
        let begun = begin(&mut lanes);
        assert_eq!(begun.len(), QUICK);
        lanes.offer(subscriber("quick", 0));
        assert!(begin(&mut lanes).is_empty(), "all lanes are taken");
        for (number, subscriber) in &begun {
            lanes.is_slow(&name(subscriber), *number);
            lanes.is_slow(&name(subscriber), *number);
        }
        let next = begin(&mut lanes);
        assert!(next.iter().any(|(_, subscriber)| subscriber.callback.as_str().contains("quick")));
        assert!(!lanes.is_idle());
        for (_, subscriber) in begun.iter().chain(&next) {
            lanes.ended(&name(subscriber), false);
        }
        assert!(lanes.is_idle() && lanes.slow == 0 && lanes.has_lane());
    }

    #[test]
    fn however_many_are_slow_their_number_is_bounded() {
        let mut lanes = Lanes::default();
        let mut under_way = 0;
        for host in 0..1_000 {
            lanes.offer(subscriber(&format!("slow{host}"), 0));
            for (number, subscriber) in begin(&mut lanes) {
                under_way += 1;
                lanes.is_slow(&name(&subscriber), number);
            }
        }
        assert_eq!(under_way, QUICK + SLOW);
    }
}
