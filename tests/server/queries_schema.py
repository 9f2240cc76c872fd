"""What the public API asks of a server besides what a run needs: an extension of the schema, as upstream's client asks it."""

from __future__ import annotations

QUERIES = """
    scalar Int64

    extend type Query {
        models(entityName: String, after: String, first: Int): ProjectConnection
        users(query: String): UserConnection
    }

    extend type Mutation {
        upsertModel(input: UpsertModelInput!): UpsertModelPayload
        deleteRun(input: DeleteRunInput!): DeleteRunPayload
        deleteFiles(input: DeleteFilesInput!): DeleteFilesPayload
        updateRunState(input: UpdateRunStateInput!): UpdateRunStatePayload
        upsertSweep(input: UpsertSweepInput!): UpsertSweepPayload
        createAgent(input: CreateAgentInput!): CreateAgentPayload
        agentHeartbeat(input: AgentHeartbeatInput!): AgentHeartbeatPayload
    }

    type PageInfo { endCursor: String, hasNextPage: Boolean! }

    extend type User { name: String, deletedAt: DateTime, apiKeys: ApiKeyConnection }
    type ApiKeyConnection { edges: [ApiKeyEdge!]! }
    type ApiKeyEdge { node: ApiKey }
    type ApiKey { id: ID!, name: String!, description: String }
    type UserConnection { edges: [UserEdge!]! }
    type UserEdge { node: User }

    type ProjectConnection { edges: [ProjectEdge!]!, pageInfo: PageInfo! }
    type ProjectEdge { node: Project, cursor: String! }
    extend type Project {
        internalId: ID!
        entityName: String!
        createdAt: DateTime!
        isBenchmark: Boolean!
        readOnly: Boolean
        description: String
        access: String
        views: JSONString
        user: User
        runCount(filters: JSONString): Int!
        runs(filters: JSONString, order: String, after: String, first: Int): RunConnection
        sweep(sweepName: String!): Sweep
        sweeps(filters: JSONString, after: String, first: Int): SweepConnection
        totalSweeps: Int!
    }

    type RunConnection { edges: [RunEdge!]!, pageInfo: PageInfo!, totalCount: Int! }
    type RunEdge { node: Run, cursor: String! }
    extend type Run {
        internalId: ID!
        projectId: ID
        state: String
        group: String
        jobType: String
        commit: String
        readOnly: Boolean
        createdAt: DateTime!
        heartbeatAt: DateTime
        systemMetrics: JSONString
        user: User
        historyKeys: JSON
        exitcode: Int
        shouldStop: Boolean
        failed: Boolean
        running: Boolean
        sampledHistory(specs: [JSONString!]!): [JSON!]
        history(minStep: Int64, maxStep: Int64, samples: Int): [String!]
        events(samples: Int): [String!]
        parquetHistory(liveKeys: [String!]): ParquetHistory
        fileCount: Int
        files(names: [String], after: String, first: Int, pattern: String, upload: Boolean): FileConnection
        logLines(first: Int, last: Int, after: String, useImprovedPagination: Boolean): LogLineConnection
    }
    type ParquetHistory { parquetUrls: [String!]!, liveData: [JSON!] }

    type FileConnection { edges: [FileEdge!]!, pageInfo: PageInfo! }
    type FileEdge { node: File, cursor: String! }
    type File {
        id: ID!
        name: String!
        url(upload: Boolean): String
        directUrl: String
        sizeBytes: Int64
        mimetype: String
        updatedAt: DateTime
        md5: String
    }

    type LogLineConnection { edges: [LogLineEdge!]!, pageInfo: PageInfo! }
    type LogLineEdge { node: LogLine, cursor: String! }
    type LogLine { number: Int!, timestamp: DateTime, level: String, label: String, line: String! }

    type SweepConnection { edges: [SweepEdge!]!, pageInfo: PageInfo! }
    type SweepEdge { node: Sweep, cursor: String! }
    type Sweep {
        id: ID!
        name: String!
        displayName: String
        description: String
        method: String
        state: String!
        config: String!
        bestLoss: Float
        heartbeatAt: DateTime
        earlyStopJobRunning: Boolean
        controller: JSONString
        scheduler: JSONString
        agents: AgentConnection
        runCount: Int!
        runCountExpected: Int
        createdAt: DateTime
        updatedAt: DateTime
        user: User
        project: Project
        runs(order: String, after: String, first: Int): RunConnection
    }

    input UpsertModelInput { name: String!, entityName: String, description: String }
    type UpsertModelPayload { model: Project, project: Project, inserted: Boolean }
    input DeleteRunInput { id: ID!, deleteArtifacts: Boolean }
    type DeleteRunPayload { clientMutationId: String }
    input DeleteFilesInput { files: [ID!]!, projectId: Int }
    type DeleteFilesPayload { success: Boolean }
    input UpdateRunStateInput { id: ID!, state: String! }
    type UpdateRunStatePayload { success: Boolean! }

    input UpsertSweepInput {
        id: ID
        config: String
        description: String
        displayName: String
        entityName: String
        projectName: String
        controller: JSONString
        launchScheduler: JSONString
        scheduler: JSONString
        templateVariableValues: JSONString
        priorRunsFilters: JSONString
        state: String
    }
    type UpsertSweepPayload { sweep: Sweep, configValidationWarnings: [String!] }
    input CreateAgentInput { host: String!, projectName: String, entityName: String, sweep: String! }
    type CreateAgentPayload { agent: Agent }
    type AgentConnection { edges: [AgentEdge!]! }
    type AgentEdge { node: Agent }
    type Agent {
        id: ID!, name: String, host: String, state: String, totalRuns: Int, createdAt: DateTime, heartbeatAt: DateTime
    }
    input AgentHeartbeatInput { id: ID!, metrics: JSONString, runState: JSONString }
    type AgentHeartbeatPayload { agent: Agent, commands: JSONString }
"""
