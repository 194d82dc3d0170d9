//! Who asks, for the rate limit.

use axum::http::HeaderMap;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;

pub struct RateLimit {
    limiter: DefaultKeyedRateLimiter<IpAddr>,
    clock: DefaultClock,
}

impl RateLimit {
    pub fn new(requests_per_minute: u32) -> Self {
        let quota = Quota::per_minute(NonZeroU32::new(requests_per_minute).unwrap_or(NonZeroU32::MIN));
        Self {
            limiter: RateLimiter::keyed(quota),
            clock: DefaultClock::default(),
        }
    }

    /// Lets a request of this address in, or says for how many seconds not.
    pub fn check(&self, address: IpAddr) -> Result<(), u64> {
        let not_until = |until: governor::NotUntil<_>| until.wait_time_from(self.clock.now()).as_secs() + 1;
        self.limiter.check_key(&address).map_err(not_until)
    }

    /// Forgets who has not asked for a while.
    pub fn sweep(&self) {
        self.limiter.retain_recent();
    }
}

/// The address that counts: the peer's, or what the trusted proxies have written down of theirs. Of IPv6 the network, for each
/// customer has one.
pub fn of(peer: IpAddr, headers: &HeaderMap, proxies: usize) -> IpAddr {
    let forwarded = || {
        let lists: Vec<&str> = headers
            .get_all("x-forwarded-for")
            .iter()
            .filter_map(|list| list.to_str().ok())
            .collect();
        let all = lists.join(",");
        all.rsplit(',').nth(proxies.checked_sub(1)?)?.trim().parse().ok()
    };
    match forwarded().unwrap_or(peer).to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(forwarded: &[&'static str], proxies: usize) -> String {
        let mut headers = HeaderMap::new();
        for list in forwarded {
            headers.append("x-forwarded-for", (*list).parse().unwrap());
        }
        of([10, 0, 0, 1].into(), &headers, proxies).to_string()
    }

    #[test]
    fn only_what_trusted_proxies_have_written_is_believed() {
        assert_eq!(counted(&["1.1.1.1"], 0), "10.0.0.1");
        assert_eq!(counted(&["6.6.6.6, 1.1.1.1"], 1), "1.1.1.1");
        assert_eq!(counted(&["6.6.6.6, 1.1.1.1", "2.2.2.2"], 2), "1.1.1.1");
        assert_eq!(counted(&["1.1.1.1"], 2), "10.0.0.1");
        assert_eq!(counted(&["nonsense"], 1), "10.0.0.1");
        assert_eq!(counted(&["2001:db8:1:2:3:4:5:6"], 1), "2001:db8:1:2::");
        assert_eq!(counted(&["::ffff:1.1.1.1"], 1), "1.1.1.1");
    }

    #[test]
    fn each_address_has_its_own_limit() {
        let limit = RateLimit::new(2);
        let [one, other] = [[1, 1, 1, 1].into(), [2, 2, 2, 2].into()];
        assert_eq!((limit.check(one), limit.check(one)), (Ok(()), Ok(())));
        let wait = limit.check(one).unwrap_err();
        assert!((29..=31).contains(&wait), "{wait}");
        assert_eq!(limit.check(other), Ok(()));
    }
}
