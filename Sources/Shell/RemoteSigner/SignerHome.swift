import DocumentFiles
package import Ledger

/// What one operator chooses for one signer: the file `signer.json`. Unknown keys are refused. Paths
/// are relative to the directory that the file is in.
package struct SignerConfiguration: Codable, Hashable, Sendable {
    /// The genesis document (JSON) of the chain that the key signs for.
    package let genesis: String
    /// The file of the consensus key.
    package let key: String
    /// The directory of the record; it belongs to one running signer alone.
    package let data: String
    /// The Unix socket, for one node of the same user.
    package let socket: String
    /// A file (mode 0600) with the key's passphrase; without it the signer asks for it.
    package let passphraseFile: String?

    package init(
        genesis: String, key: String, data: String, socket: String, passphraseFile: String?
    ) {
        self.genesis = genesis
        self.key = key
        self.data = data
        self.socket = socket
        self.passphraseFile = passphraseFile
    }

    package static let fileName = "signer.json"
    /// What the system takes as the path of a socket, with room.
    package static let socketPathBytes = 100
}

/// A signer's directory.
package struct SignerHome: Sendable {
    package let directory: String
    package let configuration: SignerConfiguration
    package let genesis: Genesis

    /// Reads the configuration and the genesis document; opens nothing else.
    ///
    /// - Throws: `FileFailure`, `SignerFailure`.
    package init(directory: String) throws {
        self.directory = directory
        configuration = try JSONDocument.read(
            SignerConfiguration.self, at: directory + "/" + SignerConfiguration.fileName)
        genesis = try JSONDocument.read(
            Genesis.self, at: Self.path(configuration.genesis, in: directory))
        if let fault = genesis.faults.first {
            throw SignerFailure.configuration("\(configuration.genesis): \(fault)")
        }
        let socket = Self.path(configuration.socket, in: directory)
        guard socket.utf8.count <= SignerConfiguration.socketPathBytes else {
            throw SignerFailure.configuration(
                "The socket's path \(socket) is longer than "
                    + "\(SignerConfiguration.socketPathBytes) bytes, which the system does not take. "
                    + "Choose a shorter one.")
        }
    }

    /// A path of the configuration, as the process can open it.
    package func path(_ name: String) -> String { Self.path(name, in: directory) }

    private static func path(_ name: String, in directory: String) -> String {
        name.hasPrefix("/") ? name : directory + "/" + name
    }
}
