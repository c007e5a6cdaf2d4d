import CHost
public import Glibc

/// The monotonic clock.
public enum MonotonicClock {
    /// Nanoseconds since an unspecified moment before this boot's first process.
    public static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}

/// poll(2) without its sharp edges.
public enum Poll {
    /// An interest in reading (always), and in writing when asked.
    public static func interest(_ descriptor: Int32, writing: Bool = false) -> pollfd {
        pollfd(fd: descriptor, events: Int16(POLLIN | (writing ? POLLOUT : 0)), revents: 0)
    }

    /// Waits until one of them is ready, or `until` has come; the same entries with what happened. An interrupting
    /// signal looks like a time-out, so the caller's loop looks at its clock again.
    public static func wait(_ interests: [pollfd], until: UInt64?) -> [pollfd] {
        var entries = interests
        var timeout: Int32 = -1
        if let until {
            let now = MonotonicClock.now()
            // Rounded up: waking before the deadline would only make the loop spin.
            timeout = until > now ? Int32(clamping: (until - now + 999_999) / 1_000_000) : 0
        }
        if poll(&entries, nfds_t(entries.count), timeout) < 0 {
            for index in entries.indices { entries[index].revents = 0 }
        }
        return entries
    }

    /// Waits for one descriptor; whether it became readable (or was closed at its other end) in time.
    public static func readable(_ descriptor: Int32, within: Duration) -> Bool {
        let (seconds, attoseconds) = within.components
        let until = MonotonicClock.now() + UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000)
        while MonotonicClock.now() < until {
            if wait([interest(descriptor)], until: until)[0].revents != 0 { return true }
        }
        return false
    }
}
