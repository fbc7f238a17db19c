// Azure Managed Redis, as the broker.

@description('Name of the broker.')
param name string

@description('Azure region.')
param location string

@description('Tags of all resources.')
param tags object

@description('Size. docs/scaling.md says which for how many images.')
param sku string

@description('Whether it is reached by a private endpoint alone.')
param isPrivate bool

resource redis 'Microsoft.Cache/redisEnterprise@2025-07-01' = {
  name: name
  location: location
  tags: tags
  sku: { name: sku }
  properties: {
    highAvailability: 'Enabled'
    minimumTlsVersion: '1.2'
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
  }
}

resource database 'Microsoft.Cache/redisEnterprise/databases@2025-07-01' = {
  parent: redis
  name: 'default'
  properties: {
    clientProtocol: 'Encrypted'
    port: 10000
    // Celery takes from several keys at once.
    clusteringPolicy: 'NoCluster'
    // A broker that forgets loses images until the next sweep.
    evictionPolicy: 'NoEviction'
    persistence: {
      aofEnabled: true
      aofFrequency: '1s'
    }
    // KEDA's scaler knows no other way of signing in.
    accessKeysAuthentication: 'Enabled'
  }
}

@description('Id of the broker.')
output id string = redis.id

@description('Name of the broker.')
output name string = redis.name

@description('Host and port of the broker, which speaks TLS.')
output address string = '${redis.properties.hostName}:${database.properties.port}'
