// What each identity may do in the storage account, as access.json says it.

@description('Name of the storage account, whose containers and queues exist.')
param accountName string

@description('Object ids of the identities, by service.')
param principals object

@description('Ids of built-in roles, by name.')
param roles object

@description('Roles in containers: service, name and role of each.')
param containerGrants array

@description('Roles in queues: service, name and role of each.')
param queueGrants array

@description('Roles in the account: service and role of each.')
param accountGrants array

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: accountName
  resource blobs 'blobServices' existing = { name: 'default' }
  resource queueService 'queueServices' existing = { name: 'default' }
}

resource containers 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' existing = [
  for grant in containerGrants: {
    parent: account::blobs
    name: grant.name
  }
]

resource queues 'Microsoft.Storage/storageAccounts/queueServices/queues@2024-01-01' existing = [
  for grant in queueGrants: {
    parent: account::queueService
    name: grant.name
  }
]

resource inContainers 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (grant, i) in containerGrants: {
    scope: containers[i]
    name: guid(account.id, 'container', grant.name, grant.service, roles[grant.role])
    properties: {
      principalId: principals[grant.service]
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles[grant.role])
    }
  }
]

resource inQueues 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (grant, i) in queueGrants: {
    scope: queues[i]
    name: guid(account.id, 'queue', grant.name, grant.service, roles[grant.role])
    properties: {
      principalId: principals[grant.service]
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles[grant.role])
    }
  }
]

resource inAccount 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for grant in accountGrants: {
    scope: account
    name: guid(account.id, grant.service, roles[grant.role])
    properties: {
      principalId: principals[grant.service]
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles[grant.role])
    }
  }
]
