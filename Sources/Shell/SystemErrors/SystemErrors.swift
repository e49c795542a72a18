// SystemErrors: what the operating system and Foundation say when they refuse something, as words for
// a person. It knows no file, no network and no document.

internal import Foundation

#if canImport(Glibc)
    internal import Glibc
#endif

/// What went wrong outside of this program.
package enum SystemError {
    /// The meaning of an `errno`, as it stands after a colon: without a period, without the number
    /// where we know the meaning.
    package static func reason(_ code: Int32) -> String {
        switch code {
        // Files.
        case ENOENT: "it does not exist"
        case EACCES, EPERM: "this user has no permission for it"
        case EEXIST: "it exists already"
        case EISDIR: "it is a directory"
        case ENOTDIR: "a part of its path is no directory"
        case ENOTEMPTY: "the directory is not empty"
        case ENAMETOOLONG: "its name is too long"
        case ELOOP: "its path has too many symbolic links"
        case EROFS: "the file system is read-only"
        case ENOSPC: "no space is left on the device"
        case EDQUOT: "this user's share of the disk is used up"
        case EFBIG: "it would be larger than a file may be"
        case EIO: "the device reports an error"
        case EBUSY, ETXTBSY: "something else uses it"
        case EXDEV: "its two places are on different file systems"
        case EBADF: "it is closed"
        case EPIPE: "nobody reads from the other end"
        case EMFILE, ENFILE: "too many files and connections are open"
        case ENOMEM, ENOBUFS: "the machine has too little memory left"
        case EINTR: "it was interrupted"
        case EAGAIN: "it is not ready"
        // Networks.
        case ECONNREFUSED: "nothing listens there (the connection was refused)"
        case ECONNRESET, ECONNABORTED: "the other side ended the connection"
        case ENOTCONN: "there is no connection"
        case ETIMEDOUT: "no answer came in time"
        case EHOSTUNREACH, EHOSTDOWN: "no way leads to that host"
        case ENETUNREACH, ENETDOWN: "no way leads to that network"
        case EADDRINUSE: "another program uses this port"
        case EADDRNOTAVAIL: "this machine does not have that address"
        case EAFNOSUPPORT: "this machine has no network of that kind"
        case EINVAL: "the system does not take the request"
        default: "the system's error \(code)"
        }
    }

    /// The reason of an error that Foundation threw.
    package static func reason(_ error: any Error) -> String {
        let known = error as NSError
        if let code = errorNumber(known) { return reason(code) }
        switch known.domain == NSCocoaErrorDomain ? known.code : 0 {
        case CocoaError.fileNoSuchFile.rawValue, CocoaError.fileReadNoSuchFile.rawValue:
            return reason(ENOENT)
        case CocoaError.fileReadNoPermission.rawValue, CocoaError.fileWriteNoPermission.rawValue:
            return reason(EACCES)
        case CocoaError.fileWriteFileExists.rawValue: return reason(EEXIST)
        case CocoaError.fileWriteOutOfSpace.rawValue: return reason(ENOSPC)
        case CocoaError.fileWriteVolumeReadOnly.rawValue: return reason(EROFS)
        case CocoaError.fileReadInvalidFileName.rawValue,
            CocoaError.fileWriteInvalidFileName.rawValue:
            return "its name is not one that a file can have"
        default: return "the system gives no reason"
        }
    }

    /// An error of Foundation by its reason, every other one by its own description. A foreign error
    /// without one is a value of a program, which says nothing to people.
    package static func describe(_ error: any Error) -> String {
        switch (error as NSError).domain {
        case NSCocoaErrorDomain, NSPOSIXErrorDomain, NSURLErrorDomain: reason(error)
        // The type is asked: as a value every error is an `NSError`, which has a description.
        default:
            type(of: error) is any CustomStringConvertible.Type
                ? "\(error)" : "an unexpected failure"
        }
    }

    /// The `errno` of an error or of the one that it was made from.
    private static func errorNumber(_ error: NSError) -> Int32? {
        if error.domain == NSPOSIXErrorDomain { return Int32(exactly: error.code) }
        guard let cause = error.userInfo[NSUnderlyingErrorKey] as? any Error else { return nil }
        return errorNumber(cause as NSError)
    }
}
