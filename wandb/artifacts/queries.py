"""What a server is asked about artifacts: GraphQL operations, written from the public protocol."""

from __future__ import annotations

_PROJECT = "project { name entity { name } }"
ARTIFACT = f"""
    id state versionIndex description metadata digest size commitHash fileCount createdAt updatedAt historyStep
    ttlDurationSeconds ttlIsInherited tags {{ name }} artifactType {{ name }} artifactSequence {{ name {_PROJECT} }}
    aliases {{ alias artifactCollection {{ name {_PROJECT} }} }}
"""
VIEWER = "query Viewer { viewer { id entity } }"
BY_NAME = f"""
query ArtifactMembershipByName($entity: String!, $project: String!, $name: String!) {{
  project(name: $project, entityName: $entity) {{
    artifactCollectionMembership(name: $name) {{
      versionIndex createdAt aliases {{ alias }} artifactCollection {{ __typename name {_PROJECT} }}
      artifact {{ {ARTIFACT} }}
    }}
  }}
}}"""
BY_ID = f"""
query ArtifactByID($id: ID!) {{
  artifact(id: $id) {{ {ARTIFACT} }}
}}"""
MANIFEST = """
query FetchArtifactManifest($id: ID!) {
  artifact(id: $id) { currentManifest { file { directUrl } } }
}"""
FILE_URLS = """
query GetArtifactMembershipFileUrls(
  $entity: String!, $project: String!, $collection: String!, $alias: String!, $cursor: String, $perPage: Int
) {
  project(name: $project, entityName: $entity) {
    artifactCollection(name: $collection) {
      artifactMembership(aliasName: $alias) {
        files(after: $cursor, first: $perPage) {
          edges { node { name directUrl } } pageInfo { endCursor hasNextPage }
        }
      }
    }
  }
}"""
UPDATE = f"""
mutation UpdateArtifact($input: UpdateArtifactInput!) {{
  updateArtifact(input: $input) {{ artifact {{ {ARTIFACT} }} }}
}}"""
ADD_ALIASES = "mutation AddAliases($input: AddAliasesInput!) { addAliases(input: $input) { success } }"
DELETE_ALIASES = "mutation DeleteAliases($input: DeleteAliasesInput!) { deleteAliases(input: $input) { success } }"
DELETE = "mutation DeleteArtifact($input: DeleteArtifactInput!) { deleteArtifact(input: $input) { artifact { id } } }"
LINK = "mutation LinkArtifact($input: LinkArtifactInput!) { linkArtifact(input: $input) { versionIndex } }"
TYPES = """
query ProjectArtifactTypes($entity: String!, $project: String!, $cursor: String, $perPage: Int) {
  project(name: $project, entityName: $entity) {
    artifactTypes(after: $cursor, first: $perPage) {
      edges { node { name } } pageInfo { endCursor hasNextPage }
    }
  }
}"""
COLLECTIONS = """
query ArtifactTypeArtifactCollections(
  $entity: String!, $project: String!, $type: String!, $cursor: String, $perPage: Int
) {
  project(name: $project, entityName: $entity) {
    artifactType(name: $type) {
      artifactCollections(after: $cursor, first: $perPage) {
        edges { node { name } } pageInfo { endCursor hasNextPage }
      }
    }
  }
}"""
VERSIONS = f"""
query ProjectArtifacts(
  $entity: String!, $project: String!, $type: String!, $collection: String!, $cursor: String, $perPage: Int,
  $filters: JSONString
) {{
  project(name: $project, entityName: $entity) {{
    artifactType(name: $type) {{
      artifactCollection(name: $collection) {{
        artifacts(after: $cursor, first: $perPage, filters: $filters) {{
          edges {{ node {{ {ARTIFACT} }} }} pageInfo {{ endCursor hasNextPage }}
        }}
      }}
    }}
  }}
}}"""
CREATED_BY = f"""
query ArtifactCreatedBy($id: ID!) {{
  artifact(id: $id) {{ createdBy {{ __typename ... on Run {{ name {_PROJECT} }} }} }}
}}"""
USED_BY = f"""
query ArtifactUsedBy($id: ID!) {{
  artifact(id: $id) {{ usedBy {{ edges {{ node {{ name {_PROJECT} }} }} }} }}
}}"""
PLACES = f"""
query FetchLinkedArtifacts($artifactID: ID!) {{
  artifact(id: $artifactID) {{
    artifactMemberships {{ edges {{ node {{ versionIndex artifactCollection {{ __typename name {_PROJECT} }} }} }} }}
  }}
}}"""
FILES = """
query ArtifactMembershipFiles(
  $entity: String!, $project: String!, $collection: String!, $alias: String!, $fileNames: [String!], $cursor: String,
  $perPage: Int
) {
  project(name: $project, entityName: $entity) {
    artifactCollection(name: $collection) {
      artifactMembership(aliasName: $alias) {
        files(names: $fileNames, after: $cursor, first: $perPage) {
          edges { node { id name: displayName url sizeBytes storagePath mimetype updatedAt digest md5 directUrl } }
          pageInfo { endCursor hasNextPage }
        }
      }
    }
  }
}"""
COLLECTION = """
query ProjectArtifactCollection($entity: String!, $project: String!, $type: String!, $name: String!) {
  project(entityName: $entity, name: $project) {
    artifactType(name: $type) { artifactCollection(name: $name) { id name } }
  }
}"""
UNLINK = "mutation UnlinkArtifact($input: UnlinkArtifactInput!) { unlinkArtifact(input: $input) { success } }"
