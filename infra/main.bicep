// Everything that Loupe needs in Azure, in one resource group. docs/deploy-azure.md has the commands.
targetScope = 'resourceGroup'

@description('Beginning of all names: up to ten small letters.')
@minLength(2)
@maxLength(10)
param prefix string = 'loupe'

@description('Azure region.')
param location string = resourceGroup().location

@description('Tags of all resources.')
param tags object = { application: 'loupe' }

@description('Object ids of the Entra ID groups whose members administer the cluster.')
param administrators string[]

@description('Origins of the pages that upload pictures and show them, such as https://loupe.example.org.')
param origins string[] = []

@description('Kubernetes namespace of the release.')
param namespace string = 'loupe'

@description('Name of the Helm release.')
param release string = 'loupe'

@description('Version of Kubernetes.')
param kubernetesVersion string = '1.36'

@description('Size of the nodes of everything but inference.')
param generalSize string = 'Standard_D4as_v6'

@description('Size of the nodes of CPU workers.')
param workerSize string = 'Standard_D16as_v6'

@description('Most nodes of CPU workers. 0: none.')
@minValue(0)
param workerNodes int = 8

@description('Size of the nodes of GPU workers.')
param gpuSize string = 'Standard_NC4as_T4_v3'

@description('Most nodes of GPU workers. 0: none.')
@minValue(0)
param gpuNodes int = 0

@description('Most spot nodes, for batch jobs. 0: none.')
@minValue(0)
param spotNodes int = 0

@description('Zones of the region over which nodes are spread.')
param zones string[] = ['1', '2', '3']

@description('Redundancy of the storage account.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_GZRS'])
param storageSku string = 'Standard_ZRS'

@description('Size of the broker. docs/scaling.md says which for how many images.')
param brokerSku string = 'Balanced_B5'

@description('Most request units per second of the results. The least is a tenth of it.')
@minValue(4000)
param resultThroughput int = 4000

@description('Most request units per second of the batch jobs.')
@minValue(1000)
param jobThroughput int = 1000

@description('Most request units per second of what versions of models say that look on.')
@minValue(1000)
param shadowThroughput int = 1000

@description('Length of the model\'s embeddings. 0: nobody looks for similar images. It cannot be changed later.')
@minValue(0)
@maxValue(4096)
param embeddingSize int = 1280

@description('Days for which logs are kept.')
@minValue(30)
param logDays int = 30

@description('Days for which deleted pictures, and events that could not be delivered, are kept.')
@minValue(1)
@maxValue(365)
param retentionDays int = 30

@description('Whether storage, archive, broker and registry are reached from the cluster\'s network alone.')
param privateEndpoints bool = false

@description('Addresses of the cluster\'s network: a /16 that nothing else uses.')
param addresses string = '10.40.0.0/16'

var suffix = uniqueString(resourceGroup().id)
var roles = loadJsonContent('roles.json')
var grants = loadJsonContent('access.json')
var services = ['query', 'ingestion', 'inference', 'results', 'reconciler', 'batch', 'training']
var imageContainer = 'images'
var outputContainer = 'output'
var modelContainer = 'models'
var deadEvents = 'dead-events'
var eventQueue = 'blob-events'
var database = 'loupe'
var storageSuffix = environment().suffixes.storage

module network 'modules/network.bicep' = {
  name: 'network'
  params: {
    prefix: prefix
    location: location
    tags: tags
    addresses: addresses
  }
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  params: {
    prefix: prefix
    location: location
    tags: tags
    retentionDays: logDays
  }
}

module registry 'modules/registry.bicep' = {
  name: 'registry'
  params: {
    name: '${prefix}${suffix}'
    location: location
    tags: tags
    isPrivate: privateEndpoints
  }
}

module cluster 'modules/cluster.bicep' = {
  name: 'cluster'
  params: {
    prefix: prefix
    location: location
    tags: tags
    kubernetesVersion: kubernetesVersion
    networkName: network.outputs.name
    logsId: monitoring.outputs.logsId
    metricsRuleId: monitoring.outputs.ruleId
    registryName: registry.outputs.name
    roles: roles
    administrators: administrators
    generalSize: generalSize
    zones: zones
  }
}

module pools 'modules/pools.bicep' = {
  name: 'pools'
  params: {
    clusterName: cluster.outputs.name
    subnetId: network.outputs.nodesSubnetId
    workerSize: workerSize
    workerNodes: workerNodes
    gpuSize: gpuSize
    gpuNodes: gpuNodes
    spotNodes: spotNodes
    zones: zones
  }
}

module identities 'modules/identities.bicep' = {
  name: 'identities'
  params: {
    prefix: prefix
    location: location
    tags: tags
    issuer: cluster.outputs.issuer
    namespace: namespace
    release: release
    services: services
  }
}

module storage 'modules/storage.bicep' = {
  name: 'storage'
  params: {
    name: '${prefix}${suffix}'
    location: location
    tags: tags
    sku: storageSku
    isPrivate: privateEndpoints
    origins: origins
    containerNames: [imageContainer, 'thumbnails', outputContainer, modelContainer, deadEvents]
    queueNames: [eventQueue, '${eventQueue}-poison']
    retentionDays: retentionDays
    deadEvents: deadEvents
  }
}

module topic 'modules/topic.bicep' = {
  name: 'topic'
  params: {
    name: '${prefix}-blobs'
    location: location
    tags: tags
    accountId: storage.outputs.id
  }
}

var principals = union(
  toObject(identities.outputs.all, one => one.service, one => one.principalId),
  { events: topic.outputs.principalId }
)

module access 'modules/access.bicep' = {
  name: 'access'
  params: {
    accountName: storage.outputs.name
    principals: principals
    roles: roles
    containerGrants: grants.containers
    queueGrants: grants.queues
    accountGrants: grants.account
  }
}

module subscription 'modules/subscription.bicep' = {
  name: 'subscription'
  params: {
    topicName: topic.outputs.name
    accountId: storage.outputs.id
    container: imageContainer
    queue: eventQueue
    deadEvents: deadEvents
  }
  dependsOn: [access]
}

module archive 'modules/archive.bicep' = {
  name: 'archive'
  params: {
    name: '${prefix}-${suffix}'
    location: location
    tags: tags
    isPrivate: privateEndpoints
    database: database
    embeddingSize: embeddingSize
    resultThroughput: resultThroughput
    jobThroughput: jobThroughput
    shadowThroughput: shadowThroughput
    principals: principals
    grants: grants.archive
  }
}

module broker 'modules/broker.bicep' = {
  name: 'broker'
  params: {
    name: '${prefix}-${suffix}'
    location: location
    tags: tags
    sku: brokerSku
    isPrivate: privateEndpoints
  }
}

var endpoints = [
  { name: 'blob', target: storage.outputs.id, group: 'blob', zone: 'privatelink.blob.${storageSuffix}' }
  { name: 'queue', target: storage.outputs.id, group: 'queue', zone: 'privatelink.queue.${storageSuffix}' }
  { name: 'archive', target: archive.outputs.id, group: 'Sql', zone: 'privatelink.documents.azure.com' }
  { name: 'broker', target: broker.outputs.id, group: 'redisEnterprise', zone: 'privatelink.redis.azure.net' }
  { name: 'registry', target: registry.outputs.id, group: 'registry', zone: 'privatelink.azurecr.io' }
]

module endpoint 'modules/private-endpoint.bicep' = [
  for i in range(0, 5): if (privateEndpoints) {
    name: 'endpoint-${i}'
    params: {
      name: '${prefix}-${endpoints[i].name}'
      location: location
      tags: tags
      targetId: endpoints[i].target
      groupId: endpoints[i].group
      zone: endpoints[i].zone
      networkId: network.outputs.networkId
      subnetId: network.outputs.endpointsSubnetId
    }
  }
]

@description('Name of the cluster, for az aks get-credentials.')
output clusterName string = cluster.outputs.name

@description('Name of the registry, for az acr build.')
output registryName string = registry.outputs.name

@description('Name of the broker, for its key.')
output brokerName string = broker.outputs.name

@description('The chart\'s values that only Azure knows. docs/deploy-azure.md writes them into a file.')
output values object = {
  image: { registry: registry.outputs.server }
  settings: {
    LOUPE_STORAGE_ACCOUNT: storage.outputs.name
    LOUPE_BLOB_ENDPOINT: storage.outputs.blobEndpoint
    LOUPE_QUEUE_ENDPOINT: storage.outputs.queueEndpoint
    LOUPE_EVENT_QUEUE: eventQueue
    LOUPE_COSMOS_ENDPOINT: archive.outputs.endpoint
    LOUPE_OUTPUT_CONTAINER: outputContainer
    LOUPE_MODEL_CONTAINER: modelContainer
  }
  identity: { clientIds: toObject(identities.outputs.all, one => one.service, one => one.clientId) }
  broker: { address: broker.outputs.address }
}
