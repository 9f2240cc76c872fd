"""The part of the public GraphQL schema that runs need, as far as the facts tell it.

A GraphQL library checks each request against it: operations, fields, arguments, variables and their types. What a
client asks for and this does not have is an error, as it is on a real server.
"""

from __future__ import annotations

from graphql import build_schema

from tests.server.queries_artifacts import ARTIFACTS
from tests.server.queries_schema import QUERIES

SCHEMA = build_schema(
    """
    scalar JSONString
    scalar JSON
    scalar Duration
    scalar DateTime

    type Query {
        viewer: User
        serverInfo: ServerInfo
        model(name: String, entityName: String): Project
        project(name: String, entityName: String): Project
        entity(name: String): Entity
    }

    type Mutation {
        upsertBucket(input: UpsertBucketInput!): UpsertBucketPayload
        createRunFiles(input: CreateRunFilesInput!): CreateRunFilesPayload
        notifyScriptableRunAlert(input: NotifyScriptableRunAlertInput!): NotifyScriptableRunAlertPayload
        stopRun(input: StopRunInput!): StopRunPayload
        rewindRun(input: RewindRunInput!): RewindRunPayload
    }

    type User {
        id: ID!
        entity: String
        username: String
        email: String
        admin: Boolean
        flags: JSONString
        teams: EntityConnection
    }

    type EntityConnection { edges: [EntityEdge!]! }
    type EntityEdge { node: Entity }
    type Entity { id: ID!, name: String!, organization: Organization }
    type Organization { id: ID!, coreWeaveOrganizationId: String }

    type ServerInfo {
        features: [ServerFeature]!
        cliVersionInfo: JSONString
        latestLocalVersionInfo: LocalVersionInfo
    }
    type ServerFeature { name: String!, isEnabled: Boolean! }
    type LocalVersionInfo {
        outOfDate: Boolean!
        latestVersionString: String!
        versionOnThisInstanceString: String!
    }

    type Project {
        id: ID!
        name: String!
        entity: Entity!
        bucket(name: String!, missingOk: Boolean): Run
        run(name: String!): Run
    }

    type Run {
        id: ID!
        name: String!
        displayName: String
        description: String
        notes: String
        tags: [String!]
        config: JSONString
        wandbConfig(keys: [String!]): JSONString
        sweepName: String
        summaryMetrics: JSONString
        historyTail: JSONString
        eventsTail: JSONString
        historyLineCount: Int
        eventsLineCount: Int
        logLineCount: Int
        stopped: Boolean
        project: Project
    }

    input UpsertBucketInput {
        id: String
        name: String
        modelName: String
        entityName: String
        groupName: String
        description: String
        displayName: String
        notes: String
        commit: String
        config: JSONString
        host: String
        debug: Boolean
        jobProgram: String
        jobRepo: String
        jobType: String
        state: String
        sweep: String
        tags: [String!]
        summaryMetrics: JSONString
    }
    type UpsertBucketPayload { bucket: Run, inserted: Boolean }

    input CreateRunFilesInput { entityName: String!, projectName: String!, runName: String!, files: [String!]! }
    type CreateRunFilesPayload { runID: ID!, uploadHeaders: [String!]!, files: [UploadFile!]! }
    type UploadFile { name: String!, uploadUrl: String }

    enum AlertSeverity { INFO WARN ERROR }
    input NotifyScriptableRunAlertInput {
        entityName: String
        projectName: String
        runName: String
        title: String!
        text: String!
        severity: AlertSeverity = INFO
        waitDuration: Duration
    }
    type NotifyScriptableRunAlertPayload { success: Boolean! }

    input StopRunInput { id: ID! }
    type StopRunPayload { success: Boolean! }

    input RewindRunInput {
        runName: String!
        entityName: String
        projectName: String
        metricName: String!
        metricValue: Float!
    }
    type RewindRunPayload { rewoundRun: Run }
    """
    + QUERIES
    + ARTIFACTS
)
