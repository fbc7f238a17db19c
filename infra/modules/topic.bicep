// The topic of the storage account's events. Its identity needs roles before events can be delivered.

@description('Name of the topic.')
param name string

@description('Azure region.')
param location string

@description('Tags of all resources.')
param tags object

@description('Storage account whose events they are.')
param accountId string

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' = {
  name: name
  location: location
  tags: tags
  identity: { type: 'SystemAssigned' }
  properties: {
    source: accountId
    topicType: 'Microsoft.Storage.StorageAccounts'
  }
}

@description('Name of the topic.')
output name string = topic.name

@description('Object id of the identity as which it delivers.')
output principalId string = topic.identity.principalId
