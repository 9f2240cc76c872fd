"""What a server is asked about lists of artifacts: GraphQL operations, written from the public protocol."""

from __future__ import annotations

from wandb.artifacts.queries import ARTIFACT

_PLACE = "$entity: String!, $project: String!"
_OF_PROJECT = "project(name: $project, entityName: $entity)"
_PAGING = "$cursor: String, $perPage: Int"
_PAGE = "after: $cursor, first: $perPage"
_INFO = "pageInfo { endCursor hasNextPage }"
_TYPE = "id name description createdAt"
_COLLECTION = """
    __typename id name description createdAt updatedAt project { id internalId name entity { name } }
    type: defaultArtifactType { name } tags { edges { node { name } } }
"""

TYPE = f"""
query ProjectArtifactType({_PLACE}, $type: String!) {{ {_OF_PROJECT} {{ artifactType(name: $type) {{ {_TYPE} }} }} }}"""
TYPES = f"""
query ProjectArtifactTypes({_PLACE}, {_PAGING}) {{
  {_OF_PROJECT} {{ artifactTypes({_PAGE}) {{ edges {{ node {{ {_TYPE} }} }} {_INFO} }} }}
}}"""
COLLECTION = f"""
query ProjectArtifactCollection({_PLACE}, $type: String!, $name: String!) {{
  {_OF_PROJECT} {{ artifactType(name: $type) {{ artifactCollection(name: $name) {{ {_COLLECTION} }} }} }}
}}"""
COLLECTIONS = f"""
query ArtifactTypeArtifactCollections({_PLACE}, $type: String!, {_PAGING}, $filters: JSONString, $order: String) {{
  {_OF_PROJECT} {{
    artifactType(name: $type) {{
      artifactCollections({_PAGE}, filters: $filters, order: $order) {{
        totalCount edges {{ node {{ {_COLLECTION} }} }} {_INFO}
      }}
    }}
  }}
}}"""
PROJECT_COLLECTIONS = f"""
query ProjectArtifactCollections({_PLACE}, {_PAGING}, $filters: JSONString, $order: String) {{
  {_OF_PROJECT} {{
    artifactCollections({_PAGE}, filters: $filters, order: $order) {{ edges {{ node {{ {_COLLECTION} }} }} {_INFO} }}
  }}
}}"""
ALIASES = f"""
query ArtifactCollectionAliases($id: ID!, {_PAGING}) {{
  artifactCollection(id: $id) {{ aliases({_PAGE}) {{ edges {{ node {{ alias }} }} {_INFO} }} }}
}}"""
VERSIONS = f"""
query ProjectArtifacts(
  {_PLACE}, $type: String!, $collection: String!, {_PAGING}, $order: String, $filters: JSONString
) {{
  {_OF_PROJECT} {{
    artifactType(name: $type) {{
      artifactCollection(name: $collection) {{
        artifacts({_PAGE}, order: $order, filters: $filters) {{ totalCount edges {{ node {{ {ARTIFACT} }} }} {_INFO} }}
      }}
    }}
  }}
}}"""


def _of_run(name: str, field: str) -> str:
    return f"""
query {name}({_PLACE}, $run: String!, {_PAGING}) {{
  {_OF_PROJECT} {{
    run(name: $run) {{ artifacts: {field}({_PAGE}) {{ totalCount edges {{ node {{ {ARTIFACT} }} }} {_INFO} }} }}
  }}
}}"""


RUN_INPUTS = _of_run("RunInputArtifacts", "inputArtifacts")
RUN_OUTPUTS = _of_run("RunOutputArtifacts", "outputArtifacts")
UPDATE_COLLECTION = f"""
mutation UpdateArtifactSequence($input: UpdateArtifactSequenceInput!) {{
  updateArtifactSequence(input: $input) {{ artifactCollection {{ {_COLLECTION} }} }}
}}"""
MOVE_COLLECTION = f"""
mutation UpdateArtifactSequenceType($input: MoveArtifactSequenceInput!) {{
  moveArtifactSequence(input: $input) {{ artifactCollection {{ {_COLLECTION} }} }}
}}"""
DELETE_COLLECTION = """
mutation DeleteArtifactSequence($id: ID!) {
  deleteArtifactSequence(input: { artifactSequenceID: $id }) { artifactCollection { __typename state } }
}"""
