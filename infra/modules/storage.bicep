// The storage account: pictures and what is made of them, and the queue of their events.

@description('Name of the account.')
param name string

@description('Azure region.')
param location string

@description('Tags of all resources.')
param tags object

@description('Kind of redundancy, such as Standard_ZRS.')
param sku string

@description('Whether it is reached by private endpoints alone. Then people\'s browsers must be in the network, too.')
param isPrivate bool

@description('Origins of the pages that upload pictures and show them, such as https://loupe.example.org.')
param origins string[]

@description('Containers.')
param containerNames string[]

@description('Queues.')
param queueNames string[]

@description('Days for which deleted pictures, and events that could not be delivered, are kept.')
param retentionDays int

@description('Container of the events that could not be delivered.')
param deadEvents string

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: sku }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    // Services sign in as their identities. Nobody has a key that could be lost.
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    networkAcls: {
      // Event Grid delivers as a trusted service.
      bypass: 'AzureServices'
      defaultAction: isPrivate ? 'Deny' : 'Allow'
    }
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2024-01-01' = {
  parent: account
  name: 'default'
  properties: {
    deleteRetentionPolicy: {
      enabled: true
      days: retentionDays
    }
    cors: {
      corsRules: empty(origins)
        ? []
        : [
            {
              allowedOrigins: origins
              allowedMethods: ['GET', 'HEAD', 'OPTIONS', 'PUT']
              allowedHeaders: ['*']
              exposedHeaders: ['*']
              maxAgeInSeconds: 3600
            }
          ]
    }
  }
}

resource containers 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' = [
  for container in containerNames: {
    parent: blobs
    name: container
    properties: { publicAccess: 'None' }
  }
]

resource queueService 'Microsoft.Storage/storageAccounts/queueServices@2024-01-01' = {
  parent: account
  name: 'default'
}

resource queues 'Microsoft.Storage/storageAccounts/queueServices/queues@2024-01-01' = [
  for queue in queueNames: {
    parent: queueService
    name: queue
  }
]

resource lifecycle 'Microsoft.Storage/storageAccounts/managementPolicies@2024-01-01' = {
  parent: account
  name: 'default'
  properties: {
    policy: {
      rules: [
        {
          name: 'dead-events'
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: {
              blobTypes: ['blockBlob', 'appendBlob']
              prefixMatch: ['${deadEvents}/']
            }
            actions: { baseBlob: { delete: { daysAfterModificationGreaterThan: retentionDays } } }
          }
        }
      ]
    }
  }
}

@description('Id of the account.')
output id string = account.id

@description('Name of the account.')
output name string = account.name

@description('URL of the Blob service.')
output blobEndpoint string = account.properties.primaryEndpoints.blob

@description('URL of the Queue service.')
output queueEndpoint string = account.properties.primaryEndpoints.queue
