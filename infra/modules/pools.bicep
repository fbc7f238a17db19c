// Nodes that come and go with the work: for CPU workers, GPU workers, and batch jobs.

@description('Name of the cluster.')
param clusterName string

@description('Subnet of the nodes.')
param subnetId string

@description('Size of the nodes of CPU workers.')
param workerSize string

@description('Most nodes of CPU workers. 0: none.')
param workerNodes int

@description('Size of the nodes of GPU workers.')
param gpuSize string

@description('Most nodes of GPU workers. 0: none.')
param gpuNodes int

@description('Most spot nodes, for batch jobs. 0: none.')
param spotNodes int

@description('Zones of the region over which nodes are spread.')
param zones string[]

var common = {
  mode: 'User'
  osType: 'Linux'
  osSKU: 'Ubuntu'
  type: 'VirtualMachineScaleSets'
  enableAutoScaling: true
  count: 0
  minCount: 0
  vnetSubnetID: subnetId
}

resource cluster 'Microsoft.ContainerService/managedClusters@2025-05-01' existing = { name: clusterName }

resource workers 'Microsoft.ContainerService/managedClusters/agentPools@2025-05-01' = if (workerNodes > 0) {
  parent: cluster
  name: 'workers'
  properties: union(common, {
    vmSize: workerSize
    maxCount: workerNodes
    availabilityZones: zones
    nodeLabels: { workload: 'inference' }
  })
}

// The chart's workers accept this taint. AKS installs the driver; the device plugin is installed by docs/deploy-azure.md.
resource gpu 'Microsoft.ContainerService/managedClusters/agentPools@2025-05-01' = if (gpuNodes > 0) {
  parent: cluster
  name: 'gpu'
  properties: union(common, {
    vmSize: gpuSize
    maxCount: gpuNodes
    nodeLabels: { workload: 'inference' }
    nodeTaints: ['sku=gpu:NoSchedule']
    gpuProfile: { driver: 'Install' }
  })
}

resource spot 'Microsoft.ContainerService/managedClusters/agentPools@2025-05-01' = if (spotNodes > 0) {
  parent: cluster
  name: 'spot'
  properties: union(common, {
    vmSize: workerSize
    maxCount: spotNodes
    scaleSetPriority: 'Spot'
    scaleSetEvictionPolicy: 'Delete'
    spotMaxPrice: -1
    nodeLabels: { 'kubernetes.azure.com/scalesetpriority': 'spot' }
    nodeTaints: ['kubernetes.azure.com/scalesetpriority=spot:NoSchedule']
  })
}
