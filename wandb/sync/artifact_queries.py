"""The GraphQL operations that make a version of an artifact at a server."""

from __future__ import annotations

_UPLOAD = """artifactManifest {
        id file { id uploadUrl @include(if: $includeUpload) uploadHeaders @include(if: $includeUpload) }
    }"""

CREATE_ARTIFACT = """
mutation CreateArtifact($input: CreateArtifactInput!) {
    createArtifact(input: $input) { artifact { id state artifactSequence { latestArtifact { id } } } }
}
"""

CREATE_MANIFEST = f"""
mutation CreateArtifactManifest(
    $artifactID: ID!, $baseArtifactID: ID, $name: String!, $digest: String!, $entityName: String!,
    $projectName: String!, $runName: String!, $manifestType: ArtifactManifestType!, $includeUpload: Boolean!
) {{
    createArtifactManifest(input: {{
        artifactID: $artifactID, baseArtifactID: $baseArtifactID, name: $name, digest: $digest,
        entityName: $entityName, projectName: $projectName, runName: $runName, type: $manifestType
    }}) {{ {_UPLOAD} }}
}}
"""

UPDATE_MANIFEST = f"""
mutation UpdateArtifactManifest(
    $artifactManifestID: ID!, $digest: String, $baseArtifactID: ID, $includeUpload: Boolean!
) {{
    updateArtifactManifest(input: {{
        artifactManifestID: $artifactManifestID, digest: $digest, baseArtifactID: $baseArtifactID
    }}) {{ {_UPLOAD} }}
}}
"""

CREATE_FILES = """
mutation CreateArtifactFiles($input: CreateArtifactFilesInput!) {
    createArtifactFiles(input: $input) {
        files { edges { node {
            storagePath uploadUrl uploadHeaders
            uploadMultipartUrls { uploadID uploadUrlParts { partNumber uploadUrl } }
            artifact { id }
        } } }
    }
}
"""

COMPLETE_PARTS = """
mutation CompleteMultipartUploadArtifact($input: CompleteMultipartUploadArtifactInput!) {
    completeMultipartUploadArtifact(input: $input) { digest }
}
"""

COMMIT_ARTIFACT = """
mutation CommitArtifact($artifactID: ID!) {
    commitArtifact(input: { artifactID: $artifactID }) { artifact { id digest } }
}
"""

USE_ARTIFACT = """
mutation UseArtifact($entityName: String!, $projectName: String!, $runName: String!, $artifactID: ID!) {
    useArtifact(input: {
        entityName: $entityName, projectName: $projectName, runName: $runName, artifactID: $artifactID
    }) { artifact { id } }
}
"""
