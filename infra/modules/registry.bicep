// The registry of container images. Private endpoints need its premium tier.

@description('Name of the registry.')
param name string

@description('Azure region.')
param location string

@description('Tags of all resources.')
param tags object

@description('Whether it is reached by a private endpoint alone.')
param isPrivate bool

resource registry 'Microsoft.ContainerRegistry/registries@2023-07-01' = {
  name: name
  location: location
  tags: tags
  sku: { name: isPrivate ? 'Premium' : 'Standard' }
  properties: {
    adminUserEnabled: false
    anonymousPullEnabled: false
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
  }
}

@description('Id of the registry.')
output id string = registry.id

@description('Name of the registry.')
output name string = registry.name

@description('Host of the registry, with which the names of images begin.')
output server string = registry.properties.loginServer
