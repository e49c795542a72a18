package import Foundation

/// The programs under test, as `swift build -c release` made them.
package enum Program: String, CaseIterable, Sendable {
    case node = "veche-node"
    case signer = "veche-signer"
    case veche
    case ceremony = "veche-ceremony"
    case registrar = "veche-registrar"
    case simulate = "veche-simulate"
    /// A trustee that lies.
    case wrongShare = "wrong-share"
    /// For raw connections, which only this suite makes.
    case bash

    /// Where the program is.
    ///
    /// - Throws: `HarnessFailure` saying how to build it.
    package var path: String {
        get throws {
            if self == .bash { return "/bin/bash" }
            let built = Self.top.appendingPathComponent(".build/release")
            let beside = URL(fileURLWithPath: ProcessInfo.processInfo.arguments[0])
                .deletingLastPathComponent()
            for directory in [beside, built] {
                let path = directory.appendingPathComponent(rawValue).path
                if FileManager.default.isExecutableFile(atPath: path) { return path }
            }
            throw HarnessFailure(
                "\(rawValue) is not built: run `swift build -c release --build-tests` in"
                    + " \(Self.top.path) first.")
        }
    }

    /// The package's directory.
    package static let top = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
}

/// Why a test could not be carried out, which is not what it tests.
package struct HarnessFailure: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
