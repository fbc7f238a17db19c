// Azure Kubernetes Service, with the nodes of everything but inference.

@description('Beginning of all names.')
param prefix string

@description('Azure region.')
param location string

@description('Tags of all resources.')
param tags object

@description('Version of Kubernetes, such as 1.36. Patches are applied by Azure.')
param kubernetesVersion string

@description('Name of the network, whose subnet nodes is theirs.')
param networkName string

@description('Log Analytics workspace.')
param logsId string

@description('Rule by which metrics are collected.')
param metricsRuleId string

@description('Registry that nodes pull images from.')
param registryName string

@description('Ids of built-in roles, by name.')
param roles object

@description('Object ids of the Entra ID groups whose members administer the cluster.')
param administrators string[]

@description('Size of the nodes of everything but inference.')
param generalSize string

@description('Zones of the region over which nodes are spread.')
param zones string[]

resource network 'Microsoft.Network/virtualNetworks@2024-05-01' existing = {
  name: networkName
  resource nodes 'subnets' existing = { name: 'nodes' }
}

// It must be allowed to use the subnet before there is a cluster, so it is not the cluster's own.
resource control 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: '${prefix}-cluster'
  location: location
  tags: tags
}

resource join 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: network::nodes
  name: guid(network::nodes.id, 'control', roles['Network Contributor'])
  properties: {
    principalId: control.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles['Network Contributor'])
  }
}

resource cluster 'Microsoft.ContainerService/managedClusters@2025-05-01' = {
  name: '${prefix}-cluster'
  location: location
  tags: tags
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${control.id}': {} }
  }
  sku: {
    name: 'Base'
    tier: 'Standard'
  }
  properties: {
    kubernetesVersion: kubernetesVersion
    dnsPrefix: prefix
    enableRBAC: true
    disableLocalAccounts: true
    aadProfile: {
      managed: true
      enableAzureRBAC: true
    }
    oidcIssuerProfile: { enabled: true }
    securityProfile: {
      workloadIdentity: { enabled: true }
      imageCleaner: {
        enabled: true
        intervalHours: 168
      }
    }
    workloadAutoScalerProfile: { keda: { enabled: true } }
    azureMonitorProfile: { metrics: { enabled: true } }
    addonProfiles: {
      omsagent: {
        enabled: true
        config: {
          logAnalyticsWorkspaceResourceID: logsId
          useAADAuth: 'true'
        }
      }
    }
    autoUpgradeProfile: {
      upgradeChannel: 'patch'
      nodeOSUpgradeChannel: 'NodeImage'
    }
    // What docs/scaling.md is simulated with.
    autoScalerProfile: { 'scale-down-unneeded-time': '10m' }
    networkProfile: {
      networkPlugin: 'azure'
      networkPluginMode: 'overlay'
      networkDataplane: 'cilium'
      networkPolicy: 'cilium'
      loadBalancerSku: 'standard'
    }
    agentPoolProfiles: [
      {
        name: 'general'
        mode: 'System'
        osType: 'Linux'
        osSKU: 'Ubuntu'
        type: 'VirtualMachineScaleSets'
        vmSize: generalSize
        enableAutoScaling: true
        count: 2
        minCount: 2
        maxCount: 10
        availabilityZones: zones
        vnetSubnetID: network::nodes.id
        upgradeSettings: { maxSurge: '33%' }
      }
    ]
  }
  dependsOn: [join]
}

resource metrics 'Microsoft.Insights/dataCollectionRuleAssociations@2023-03-11' = {
  scope: cluster
  name: 'metrics'
  properties: { dataCollectionRuleId: metricsRuleId }
}

resource audit 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: cluster
  name: 'audit'
  properties: {
    workspaceId: logsId
    logs: [
      {
        category: 'kube-audit-admin'
        enabled: true
      }
      {
        category: 'guard'
        enabled: true
      }
    ]
  }
}

resource registry 'Microsoft.ContainerRegistry/registries@2023-07-01' existing = { name: registryName }

resource pull 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: registry
  name: guid(registry.id, 'kubelet', roles.AcrPull)
  properties: {
    principalId: cluster.properties.identityProfile.kubeletidentity.objectId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.AcrPull)
  }
}

resource administer 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for administrator in administrators: {
    scope: cluster
    name: guid(cluster.id, administrator, 'administer')
    properties: {
      principalId: administrator
      principalType: 'Group'
      roleDefinitionId: subscriptionResourceId(
        'Microsoft.Authorization/roleDefinitions',
        roles['Azure Kubernetes Service RBAC Cluster Admin']
      )
    }
  }
]

@description('Name of the cluster.')
output name string = cluster.name

@description('Issuer of the tokens of service accounts.')
output issuer string = cluster.properties.oidcIssuerProfile.issuerURL
