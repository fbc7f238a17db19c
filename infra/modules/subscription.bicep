// Which events go into the queue. The account delivers tens of others, such as those of thumbnails.

@description('Name of the topic.')
param topicName string

@description('Storage account of the queue and of the container of dead letters.')
param accountId string

@description('Container whose blobs are classified.')
param container string

@description('Queue that ingestion reads.')
param queue string

@description('Container of the events that could not be delivered.')
param deadEvents string

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = { name: topicName }

resource subscription 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = {
  parent: topic
  name: 'images'
  properties: {
    eventDeliverySchema: 'CloudEventSchemaV1_0'
    deliveryWithResourceIdentity: {
      identity: { type: 'SystemAssigned' }
      destination: {
        endpointType: 'StorageQueue'
        properties: {
          resourceId: accountId
          queueName: queue
          // They never expire: what is not consumed for a week is late, not unwanted.
          queueMessageTimeToLiveInSeconds: -1
        }
      }
    }
    deadLetterWithResourceIdentity: {
      identity: { type: 'SystemAssigned' }
      deadLetterDestination: {
        endpointType: 'StorageBlob'
        properties: {
          resourceId: accountId
          blobContainerName: deadEvents
        }
      }
    }
    filter: {
      includedEventTypes: ['Microsoft.Storage.BlobCreated', 'Microsoft.Storage.BlobDeleted']
      // With the slash, or another container could begin with the same name.
      subjectBeginsWith: '/blobServices/default/containers/${container}/'
      // Whole blobs: others are told of before there is any content.
      advancedFilters: [
        {
          operatorType: 'StringIn'
          key: 'data.api'
          values: [
            'CopyBlob'
            'DeleteBlob'
            'DeleteFile'
            'FlushWithClose'
            'PutBlob'
            'PutBlockList'
            'SftpCommit'
            'SftpRemove'
          ]
        }
      ]
    }
    retryPolicy: {
      maxDeliveryAttempts: 30
      eventTimeToLiveInMinutes: 1440
    }
  }
}
