import Foundation
import Node
import NodeSetup
import Testing

/// Storage has its descriptors whatever strangers do: sockets get what is left.
@Suite(.serialized) struct DescriptorBudgetTests {
    private func budget(clients: Int, isChosen: Bool = false) -> DescriptorBudget {
        DescriptorBudget(
            databaseFiles: 256, peerSockets: 200, clientConnections: clients, clientHeadroom: 32,
            isClientCountChosen: isChosen)
    }

    @Test func whatFitsIsLeftAsItIs() throws {
        let budget = budget(clients: 1024)
        #expect(budget.total == 256 + 64 + 64 + 200 + 32 + 1024)
        #expect(try budget.fitted(to: budget.total) == budget)
        #expect(try budget.fitted(to: .max) == budget)
    }

    @Test func theUsualNumberOfClientsGivesWay() throws {
        let fitted = try budget(clients: 1024).fitted(to: 1024)
        #expect(fitted.clientConnections == 408)
        #expect(fitted.total == 1024)
        #expect(try budget(clients: 1024).fitted(to: 616 + 32).clientConnections == 32)
    }

    @Test func whatCannotFitIsRefusedWithTheFigures() throws {
        let chosen = budget(clients: 1024, isChosen: true)
        for (budget, limit, needed) in [
            (budget(clients: 1024), 616 + 31, 616 + 32), (budget(clients: 1024), 40, 616 + 32),
            (chosen, chosen.total - 1, chosen.total),
        ] {
            let failure = #expect(throws: NodeFailure.self) { try budget.fitted(to: limit) }
            #expect(failure?.exitCode == 78)
            #expect("\(try #require(failure))".contains("\(limit) (ulimit -n)"))
            #expect("\(try #require(failure))".contains("needs \(needed)"))
        }
    }
}
