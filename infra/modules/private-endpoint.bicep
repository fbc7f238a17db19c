// One private endpoint, and the names by which it is found.

@description('Name of the endpoint.')
param name string

@description('Azure region.')
param location string

@description('Tags of all resources.')
param tags object

@description('Resource that it leads to.')
param targetId string

@description('Part of that resource, as Azure calls it.')
param groupId string

@description('Private DNS zone of such endpoints.')
param zone string

@description('Network in which the zone is asked.')
param networkId string

@description('Subnet in which the endpoint is.')
param subnetId string

resource endpoint 'Microsoft.Network/privateEndpoints@2024-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    subnet: { id: subnetId }
    privateLinkServiceConnections: [
      {
        name: name
        properties: {
          privateLinkServiceId: targetId
          groupIds: [groupId]
        }
      }
    ]
  }
}

resource names 'Microsoft.Network/privateDnsZones@2024-06-01' = {
  name: zone
  location: 'global'
  tags: tags
}

resource link 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = {
  parent: names
  name: 'loupe'
  location: 'global'
  tags: tags
  properties: {
    registrationEnabled: false
    virtualNetwork: { id: networkId }
  }
}

resource group 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2024-05-01' = {
  parent: endpoint
  name: 'default'
  properties: {
    privateDnsZoneConfigs: [
      {
        name: groupId
        properties: { privateDnsZoneId: names.id }
      }
    ]
  }
}
