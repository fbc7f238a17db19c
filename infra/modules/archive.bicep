// Azure Cosmos DB: the results, the batch jobs, and what versions of models say that look on. What is indexed is written in the code that asks, and comes from there.

@description('Name of the account.')
param name string

@description('Azure region.')
param location string

@description('Tags of all resources.')
param tags object

@description('Whether it is reached by a private endpoint alone.')
param isPrivate bool

@description('Name of the database.')
param database string

@description('Length of the model\'s embeddings. 0: nobody looks for similar images.')
param embeddingSize int

@description('Most request units per second of the results. The least is a tenth of it.')
@minValue(4000)
param resultThroughput int

@description('Most request units per second of the batch jobs.')
@minValue(1000)
param jobThroughput int

@description('Most request units per second of what versions say that look on.')
@minValue(1000)
param shadowThroughput int

@description('Object ids of the identities, by service.')
param principals object

@description('Who may use which container: service, container, and whether it writes.')
param grants array

var results = loadJsonContent('../cosmos/results.json')
var jobs = loadJsonContent('../cosmos/jobs.json')
var shadows = loadJsonContent('../cosmos/shadows.json')
var embedding = union(results.vectorEmbeddingPolicy.vectorEmbeddings[0], { dimensions: embeddingSize })
// These two roles are Cosmos DB's own, and the same in every account.
var reader = '00000000-0000-0000-0000-000000000001'
var contributor = '00000000-0000-0000-0000-000000000002'

resource account 'Microsoft.DocumentDB/databaseAccounts@2025-04-15' = {
  name: name
  location: location
  tags: tags
  kind: 'GlobalDocumentDB'
  properties: {
    databaseAccountOfferType: 'Standard'
    locations: [
      {
        locationName: location
        failoverPriority: 0
      }
    ]
    consistencyPolicy: { defaultConsistencyLevel: 'Session' }
    capabilities: [{ name: 'EnableNoSQLVectorSearch' }]
    backupPolicy: {
      type: 'Continuous'
      continuousModeProperties: { tier: 'Continuous7Days' }
    }
    disableLocalAuth: true
    disableKeyBasedMetadataWriteAccess: true
    minimalTlsVersion: 'Tls12'
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
  }
}

resource sql 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases@2025-04-15' = {
  parent: account
  name: database
  properties: { resource: { id: database } }
}

resource resultContainer 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers@2025-04-15' = {
  parent: sql
  name: 'results'
  properties: {
    resource: union(
      {
        id: 'results'
        partitionKey: results.partitionKey
        defaultTtl: results.defaultTtl
        indexingPolicy: embeddingSize > 0 ? results.indexingPolicyWithVectors : results.indexingPolicy
      },
      embeddingSize > 0 ? { vectorEmbeddingPolicy: { vectorEmbeddings: [embedding] } } : {}
    )
    options: { autoscaleSettings: { maxThroughput: resultThroughput } }
  }
}

resource jobContainer 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers@2025-04-15' = {
  parent: sql
  name: 'jobs'
  properties: {
    resource: {
      id: 'jobs'
      partitionKey: jobs.partitionKey
      indexingPolicy: jobs.indexingPolicy
    }
    options: { autoscaleSettings: { maxThroughput: jobThroughput } }
  }
}

resource shadowContainer 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers@2025-04-15' = {
  parent: sql
  name: 'shadows'
  properties: {
    resource: {
      id: 'shadows'
      partitionKey: shadows.partitionKey
      defaultTtl: shadows.defaultTtl
      indexingPolicy: shadows.indexingPolicy
    }
    options: { autoscaleSettings: { maxThroughput: shadowThroughput } }
  }
}

// One after the other: Cosmos DB refuses some that are made at once.
@batchSize(1)
resource access 'Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments@2025-04-15' = [
  for grant in grants: {
    parent: account
    name: guid(account.id, grant.container, grant.service)
    properties: {
      principalId: principals[grant.service]
      roleDefinitionId: '${account.id}/sqlRoleDefinitions/${grant.writes ? contributor : reader}'
      scope: '${account.id}/dbs/${database}/colls/${grant.container}'
    }
    dependsOn: [resultContainer, jobContainer, shadowContainer]
  }
]

@description('Id of the account.')
output id string = account.id

@description('URL of the account.')
output endpoint string = account.properties.documentEndpoint
