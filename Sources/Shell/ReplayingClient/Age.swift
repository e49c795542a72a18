import Foundation
package import Ledger

/// How long ago something was, by this machine's clock.
package struct Age {
    /// 0 for the future.
    package let seconds: UInt64

    package init(of time: Timestamp) {
        let now = Timestamp.now.milliseconds
        seconds = now > time.milliseconds ? (now - time.milliseconds) / 1000 : 0
    }

    /// As in `12 s ago`, `3 hours ago`.
    package var text: String {
        switch seconds {
        case ..<120: "\(seconds) s ago"
        case ..<7200: "\(seconds / 60) minutes ago"
        case ..<172_800: "\(seconds / 3600) hours ago"
        default: "\(seconds / 86_400) days ago"
        }
    }
}

extension Timestamp {
    /// This machine's clock.
    package static var now: Timestamp {
        Timestamp(milliseconds: UInt64(max(0, Date().timeIntervalSince1970 * 1000)))
    }
}
