// The network of the nodes, and of private endpoints.

@description('Beginning of all names.')
param prefix string

@description('Azure region.')
param location string

@description('Tags of all resources.')
param tags object

@description('Addresses of the network, in which nothing else may be.')
param addresses string

resource network 'Microsoft.Network/virtualNetworks@2024-05-01' = {
  name: '${prefix}-network'
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: [addresses] }
    subnets: [
      {
        name: 'nodes'
        properties: { addressPrefix: cidrSubnet(addresses, 20, 0) }
      }
      {
        name: 'endpoints'
        properties: {
          addressPrefix: cidrSubnet(addresses, 24, 16)
          privateEndpointNetworkPolicies: 'Enabled'
        }
      }
    ]
  }
}

resource nodes 'Microsoft.Network/virtualNetworks/subnets@2024-05-01' existing = {
  parent: network
  name: 'nodes'
}

resource endpoints 'Microsoft.Network/virtualNetworks/subnets@2024-05-01' existing = {
  parent: network
  name: 'endpoints'
}

@description('Name of the network.')
output name string = network.name

@description('Id of the network.')
output networkId string = network.id

@description('Id of the nodes\' subnet.')
output nodesSubnetId string = nodes.id

@description('Id of the subnet for private endpoints.')
output endpointsSubnetId string = endpoints.id
