import DocumentFiles
package import Ledger

/// A node's directory: configuration, genesis and the paths that the configuration names.
package struct NodeHome: Sendable {
    package let directory: String
    package let configuration: NodeConfiguration
    package let genesis: Genesis

    /// Reads and checks the configuration and the genesis document; opens nothing else.
    package init(directory: String) throws(NodeFailure) {
        self.directory = directory
        let path = directory + "/" + NodeConfiguration.fileName
        do throws(FileFailure) {
            configuration = try JSONDocument.read(NodeConfiguration.self, at: path)
        } catch {
            throw .configuration("\(error)")
        }
        if let fault = configuration.faults.first { throw .configuration("\(path): \(fault)") }
        let genesisPath = Self.path(configuration.genesis, in: directory)
        do throws(FileFailure) {
            genesis = try JSONDocument.read(Genesis.self, at: genesisPath)
        } catch {
            throw .configuration("\(error)")
        }
        if let fault = genesis.faults.first {
            throw .configuration(
                "\(genesisPath): \(fault). The genesis document is damaged or was changed; "
                    + "take it again from where the chain's operators publish it.")
        }
    }

    /// A path of the configuration, as the process can open it.
    package func path(_ name: String) -> String { Self.path(name, in: directory) }

    private static func path(_ name: String, in directory: String) -> String {
        name.hasPrefix("/") ? name : directory + "/" + name
    }

    package var dataPath: String { path(configuration.data) }
}
